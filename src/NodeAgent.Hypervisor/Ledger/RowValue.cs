namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// How identifiers and times are kept in a column: identifiers as text, so that an operator can read them with the
/// sqlite3 shell; times as 100 ns ticks since 0001-01-01 UTC, so that they come back exactly as they went in.
/// </summary>
internal static class RowValue
{
    public static object Of(Guid id) => id.ToString();

    public static object? Of(Guid? id) => id?.ToString();

    public static object Of(DateTimeOffset time) => time.UtcTicks;

    public static object? Of(DateTimeOffset? time) => time?.UtcTicks;

    public static object Of(bool flag) => flag ? 1L : 0L;

    public static string Text(object? value) => (string)value!;

    public static long Number(object? value) => (long)value!;

    public static Guid Id(object? value) => Guid.Parse((string)value!);

    public static Guid? IdOrNull(object? value) => value is null ? null : Id(value);

    public static DateTimeOffset Time(object? value) => new((long)value!, TimeSpan.Zero);

    public static DateTimeOffset? TimeOrNull(object? value) => value is null ? null : Time(value);
}
