namespace NodeAgent.Bindings.Linux;

/// <summary>The host's memory (<c>/proc/meminfo</c>).</summary>
/// <param name="TotalBytes">Memory that the kernel manages (MemTotal).</param>
/// <param name="FreeBytes">Memory that nothing uses (MemFree).</param>
/// <param name="AvailableBytes">What the kernel estimates new programs can have without swapping
/// (MemAvailable).</param>
/// <param name="SwapTotalBytes">Swap space (SwapTotal).</param>
/// <param name="SwapFreeBytes">Unused swap space (SwapFree).</param>
public sealed record MemoryInfo(
    long TotalBytes, long FreeBytes, long AvailableBytes, long SwapTotalBytes, long SwapFreeBytes)
{
    /// <summary>Reads it; what the kernel does not tell is 0.</summary>
    public static MemoryInfo Read(KernelFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var values = MemoryTable.Read(files, "proc/meminfo");
        return new MemoryInfo(
            values.GetValueOrDefault("MemTotal"),
            values.GetValueOrDefault("MemFree"),
            values.GetValueOrDefault("MemAvailable"),
            values.GetValueOrDefault("SwapTotal"),
            values.GetValueOrDefault("SwapFree"));
    }
}
