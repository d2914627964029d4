using System.Buffers.Text;

namespace NodeAgent.Bindings.Linux;

/// <summary>What a process or one of its threads has used, from /proc/PID/stat (proc(5), fields 14, 15 and 24).</summary>
/// <param name="CpuTime">Time in user and kernel mode, with the resolution of the clock tick (10 ms).</param>
/// <param name="RssBytes">Resident memory of the whole process.</param>
public readonly record struct ProcUsage(TimeSpan CpuTime, long RssBytes)
{
    // USER_HZ is 100 on every architecture that this runs on (sysconf(_SC_CLK_TCK)).
    private const long TicksPerClockTick = TimeSpan.TicksPerSecond / 100;

    /// <summary>Reads it; <c>null</c> when the process or thread is gone.</summary>
    /// <param name="pid">Process id.</param>
    /// <param name="threadId">One thread of it, or <c>null</c> for all.</param>
    public static ProcUsage? Read(int pid, int? threadId = null)
    {
        try
        {
            using var file = File.OpenHandle(threadId is { } thread ? $"/proc/{pid}/task/{thread}/stat" : $"/proc/{pid}/stat");
            Span<byte> line = stackalloc byte[1024];
            return Parse(line[..RandomAccess.Read(file, line, 0)]);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Parses one line; <c>null</c> when it is not one.</summary>
    internal static ProcUsage? Parse(ReadOnlySpan<byte> line)
    {
        // The name may hold spaces and parentheses; what follows its last parenthesis begins with field 3.
        var rest = line[(line.LastIndexOf((byte)')') + 1)..].TrimStart((byte)' ');
        long user = 0, system = 0;
        for (var field = 3; field <= 24 && !rest.IsEmpty; field++)
        {
            var end = rest.IndexOf((byte)' ');
            var text = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (field is not (14 or 15 or 24))
            {
                continue;
            }

            if (!Utf8Parser.TryParse(text, out long value, out _))
            {
                return null;
            }

            switch (field)
            {
                case 14:
                    user = value;
                    break;
                case 15:
                    system = value;
                    break;
                default:
                    return new ProcUsage(TimeSpan.FromTicks((user + system) * TicksPerClockTick), value * Environment.SystemPageSize);
            }
        }

        return null;
    }
}
