using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>A file system of a few megabytes, which a test can fill without harm to anybody else.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _filler, _names;

    private SmallDisk(string root)
    {
        Root = root;
        _filler = Path.Combine(root, "filler");
        _names = Path.Combine(root, "names");
    }

    public string Root { get; }

    /// <summary>Mounts it; skips the test where that is not permitted.</summary>
    /// <param name="mebibytes">Room for content.</param>
    /// <param name="inodes">Room for files, directories and sockets; 0 is no limit.</param>
    public static async Task<SmallDisk> MountAsync(int mebibytes, int inodes = 0)
    {
        var root = Directory.CreateTempSubdirectory($"{LeakGuard.Prefix}disk-").FullName;
        if (await RunAsync("/usr/bin/mount", "-t", "tmpfs", "-o", $"size={mebibytes}m,nr_inodes={inodes},mode=0700", "nodeagent-test", root) != 0)
        {
            Directory.Delete(root);
            Assert.Skip("this process may not mount a tmpfs; run as root outside of a container");
        }

        return new SmallDisk(root);
    }

    /// <summary>Takes all the space there is, to the last byte.</summary>
    public void Fill()
    {
        using var file = File.OpenHandle(_filler, FileMode.OpenOrCreate, FileAccess.Write);
        var at = RandomAccess.GetLength(file);
        for (var size = 1 << 16; size > 0;)
        {
            try
            {
                RandomAccess.Write(file, new byte[size], at);
                at += size;
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    /// <summary>Takes all the files that there can be.</summary>
    public void FillNames()
    {
        try
        {
            for (var directory = Directory.CreateDirectory(_names); ; directory = directory.CreateSubdirectory("more"))
            {
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Gives everything back.</summary>
    public void Free()
    {
        File.Delete(_filler);
        if (Directory.Exists(_names))
        {
            Directory.Delete(_names, recursive: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        (await RunAsync("/usr/bin/umount", Root)).ShouldBe(0);
        Directory.Delete(Root);
    }

    private static async Task<int?> RunAsync(string program, params string[] arguments)
    {
        using var process = ChildProcess.Start(new ChildProcessOptions { Path = program, Arguments = arguments });
        return (await ExitWatch.WaitAsync(process).WaitAsync(AgentClient.Patience)).ExitCode;
    }
}
