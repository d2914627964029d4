namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// Where a VM's sockets and QEMU's last words live while it runs: <c>RUN-DIR/vms/UUID/</c>. A QEMU holds the
/// sockets in it for as long as it lives: that is how the agent finds one that nobody has on record.
/// </summary>
public sealed record RunDirectory
{
    // For a pid file and a few last words.
    private const long RoomNeeded = 64 << 10;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The directory of a VM.</summary>
    /// <param name="runDirectory">The agent's run directory.</param>
    /// <param name="vmId">The VM.</param>
    public RunDirectory(string runDirectory, Guid vmId)
    {
        Path = System.IO.Path.Combine(Root(runDirectory), vmId.ToString("D"));
    }

    /// <summary>The directory itself.</summary>
    public string Path { get; }

    /// <summary>The monitor that commands go through.</summary>
    public string ControlSocket => File("qmp.sock");

    /// <summary>The second monitor: events and samples.</summary>
    public string ObserverSocket => File("observe.sock");

    /// <summary>The serial console.</summary>
    public string ConsoleSocket => File("console.sock");

    /// <summary>The display.</summary>
    public string VncSocket => System.IO.Path.Combine(Display, "vnc.sock");

    /// <summary>Where QEMU itself makes sockets; the one place that is QEMU's own.</summary>
    public string Display => File("display");

    /// <summary>What QEMU writes to its standard output and error.</summary>
    public string Log => File("qemu.log");

    /// <summary>Where the unit of a VM writes, and QEMU may not.</summary>
    public string Unit => File("unit");

    /// <summary>What the unit of a VM says of its end.</summary>
    public string EndNote => System.IO.Path.Combine(Unit, "end");

    /// <summary>Directory above the VMs' own.</summary>
    public static string Root(string runDirectory) => System.IO.Path.Combine(runDirectory, "vms");

    /// <summary>Makes it, empty, for the agent's eyes only.</summary>
    /// <exception cref="IOException">It cannot be made, or there is no room in it.</exception>
    public void Create()
    {
        Remove();
        Directory.CreateDirectory(Path, OwnerOnly);

        // A QEMU that finds no room leaves without a word: it has none for words either.
        var room = new DriveInfo(Path).AvailableFreeSpace;
        if (room < RoomNeeded)
        {
            throw new IOException($"No space left on device: the file system of {Path} has {room >> 10} KiB free, and a VM needs {RoomNeeded >> 10}; make room there.");
        }

        Directory.CreateDirectory(Display, OwnerOnly);
        Directory.CreateDirectory(Unit, OwnerOnly);
    }

    /// <summary>Removes it with all that is in it; no error where there is none.</summary>
    public void Remove()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private string File(string name) => System.IO.Path.Combine(Path, name);
}
