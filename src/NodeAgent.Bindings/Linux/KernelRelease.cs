namespace NodeAgent.Bindings.Linux;

/// <summary>The running kernel.</summary>
/// <param name="Release">Such as <c>6.1.0-28-amd64</c>.</param>
/// <param name="Version">The build: number, options and date.</param>
public sealed record KernelRelease(string? Release, string? Version)
{
    /// <summary>Reads it.</summary>
    public static KernelRelease Read(KernelFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return new KernelRelease(
            files.ReadLine("proc/sys/kernel/osrelease"), files.ReadLine("proc/sys/kernel/version"));
    }
}
