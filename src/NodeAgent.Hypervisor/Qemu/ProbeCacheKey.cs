using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>What an answer of QEMU depends on.</summary>
internal sealed record ProbeCacheKey
{
    // Counts changes of what is asked or how it is kept.
    private const int CurrentFormat = 2;

    public int Format { get; init; } = CurrentFormat;

    public required string Binary { get; init; }

    public required string File { get; init; }

    /// <summary>QEMU loads parts of itself from here; a package can add one without touching the binary.</summary>
    public required string Modules { get; init; }

    public required ProbeHost Host { get; init; }

    public static ProbeCacheKey For(string binary, PathHandle file, ProbeHost host) => new()
    {
        Binary = binary,
        File = Describe(file),
        Modules = string.Join(' ', ModuleDirectories(file.RealPath).Select(Describe)),
        Host = host,
    };

    /// <summary>Where distributions put modules: beside the binary's prefix.</summary>
    private static IEnumerable<string> ModuleDirectories(string binary)
    {
        var prefix = Path.GetDirectoryName(Path.GetDirectoryName(binary)) ?? "/";
        return new[] { "lib/x86_64-linux-gnu/qemu", "lib64/qemu", "lib/qemu" }.Select(name => Path.Combine(prefix, name));
    }

    private static string Describe(string directory)
    {
        try
        {
            using var opened = PathHandle.Open(directory);
            return Describe(opened);
        }
        catch (LinuxException)
        {
            return "-";
        }
    }

    private static string Describe(PathHandle file) =>
        $"{file.Device.Major}:{file.Device.Minor}/{file.Inode}+{file.SizeBytes}@{file.ModifiedNanoseconds}";
}
