namespace NodeAgent.Bindings.Linux;

/// <summary>The pressure on one resource (pressure stall information, <c>/proc/pressure</c>).</summary>
/// <param name="Some">At least one task waited.</param>
/// <param name="Full">All tasks that were not idle waited; null where the kernel does not tell it.</param>
public sealed record PressureInfo(PressureStall Some, PressureStall? Full)
{
    /// <summary>
    /// Reads it for <c>cpu</c>, <c>memory</c> or <c>io</c>; null when the kernel does not measure pressure.
    /// </summary>
    public static PressureInfo? Read(KernelFiles files, string resource)
    {
        ArgumentNullException.ThrowIfNull(files);
        PressureStall? some = null;
        PressureStall? full = null;
        foreach (var line in files.ReadLines($"proc/pressure/{resource}"))
        {
            if (line.StartsWith("some ", StringComparison.Ordinal))
            {
                some = PressureStall.Parse(line);
            }
            else if (line.StartsWith("full ", StringComparison.Ordinal))
            {
                full = PressureStall.Parse(line);
            }
        }

        return some is null ? null : new PressureInfo(some, full);
    }
}
