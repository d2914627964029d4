using System.Globalization;

namespace NodeAgent.Bindings.Linux;

/// <summary>Which machine this is, and which of its boots.</summary>
/// <param name="MachineId">32 hexadecimal digits that stay for the life of the installation (machine-id(5)); null when
/// not set.</param>
/// <param name="Hostname">The host's name.</param>
/// <param name="BootId">A UUID that the kernel makes anew at each boot.</param>
/// <param name="BootTime">When the kernel started, to the second, by the clock of now.</param>
public sealed record MachineIdentity(string? MachineId, string? Hostname, Guid? BootId, DateTimeOffset? BootTime)
{
    private const int MachineIdDigits = 32;

    /// <summary>Reads it.</summary>
    public static MachineIdentity Read(KernelFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return new MachineIdentity(
            files.ReadLine("etc/machine-id") is { Length: MachineIdDigits } id && id.All(char.IsAsciiHexDigit)
                ? id
                : null,
            files.ReadLine("proc/sys/kernel/hostname"),
            Guid.TryParse(files.ReadLine("proc/sys/kernel/random/boot_id"), out var boot) ? boot : null,
            ReadBootTime(files));
    }

    private static DateTimeOffset? ReadBootTime(KernelFiles files)
    {
        var lines = files.ReadLines("proc/stat");
        var line = Array.Find(lines, line => line.StartsWith("btime ", StringComparison.Ordinal));
        return line?.Split(' ') is [_, var text]
            && uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
    }
}
