using System.Globalization;
using Google.Protobuf.WellKnownTypes;

namespace NodeAgent.Cli.Output;

/// <summary>Amounts and times as people read them at a glance: rounded, with units.</summary>
internal static class HumanText
{
    /// <summary>What stands where nothing is known.</summary>
    public const string None = "-";

    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>A size with at most one decimal: <c>256 MiB</c>, <c>1.5 GiB</c>.</summary>
    public static string Size(double bytes)
    {
        var power = 0;
        while (Math.Abs(bytes) >= 1024 && power < Units.Length - 1)
        {
            bytes /= 1024;
            power++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes.ToString(bytes < 10 && power > 0 ? "0.#" : "0", CultureInfo.InvariantCulture)} {Units[power]}");
    }

    /// <summary>The two largest units of a time span: <c>3d4h</c>, <c>5m10s</c>, <c>0s</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 0 } => "0s",
        { TotalDays: >= 1 } => $"{(int)span.TotalDays}d{span.Hours}h",
        { TotalHours: >= 1 } => $"{span.Hours}h{span.Minutes}m",
        { TotalMinutes: >= 1 } => $"{span.Minutes}m{span.Seconds}s",
        _ => $"{(int)span.TotalSeconds}s",
    };

    /// <summary>How long ago a moment was.</summary>
    public static string Age(Timestamp? moment, TimeProvider time) =>
        moment is null ? None : Span(time.GetUtcNow() - moment.ToDateTimeOffset());

    /// <summary>A moment in UTC, to the second.</summary>
    public static string Moment(Timestamp? moment) =>
        moment?.ToDateTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? None;

    /// <summary>A short time span with a fitting unit: <c>8.5 µs</c>, <c>12 ms</c>, <c>1.2 s</c>.</summary>
    public static string Interval(Duration? duration)
    {
        if (duration is null)
        {
            return None;
        }

        var microseconds = (duration.Seconds * 1e6) + (duration.Nanos / 1e3);
        var (value, unit) = microseconds switch
        {
            < 1e3 => (microseconds, "µs"),
            < 1e6 => (microseconds / 1e3, "ms"),
            _ => (microseconds / 1e6, "s"),
        };
        return $"{value.ToString("0.#", CultureInfo.InvariantCulture)} {unit}";
    }

    /// <summary>The text, or a dash where there is none.</summary>
    public static string OrNone(string text) => text.Length == 0 ? None : text;
}
