using System.Collections.Immutable;
using Microsoft.Data.Sqlite;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// How one kind of row is laid out: its table, its columns, and the way to and from the values. Every table has a last
/// column <c>checksum</c> over all others; a row that does not agree with its checksum is never parsed.
/// </summary>
internal sealed class RowFormat<TRow>(
    string table, ImmutableArray<string> columns, Func<TRow, object?[]> write, Func<object?[], TRow> parse)
    where TRow : class
{
    public string Table { get; } = table;

    public string ColumnList { get; } = string.Join(", ", columns) + ", checksum";

    public int ColumnCount { get; } = columns.Length + 1;

    /// <summary>An INSERT of all columns; a caller may add an ON CONFLICT clause.</summary>
    public string InsertSql { get; } =
        $"INSERT INTO {table} ({string.Join(", ", columns)}, checksum) VALUES " +
        $"({string.Join(", ", Enumerable.Range(1, columns.Length + 1).Select(static n => $"${n}"))})";

    /// <summary>An INSERT that replaces the other columns of the row with the same value in the given unique column.</summary>
    public string UpsertSql(string unique) =>
        $"{InsertSql} ON CONFLICT({unique}) DO UPDATE SET " +
        string.Join(", ", columns.Where(c => c != unique).Append("checksum").Select(static c => $"{c} = excluded.{c}"));

    /// <summary>The row's column values, the checksum last.</summary>
    public object?[] Values(TRow row)
    {
        object?[] values = write(row);
        return [.. values, RowChecksum.Compute(Table, values)];
    }

    /// <summary>Reads the row whose columns start at <paramref name="offset"/>; null when its checksum disagrees.</summary>
    public TRow? TryRead(SqliteDataReader reader, int offset = 0)
    {
        var values = new object?[columns.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = reader.IsDBNull(offset + i) ? null : reader.GetValue(offset + i);
        }

        return reader.GetValue(offset + values.Length) is long checksum && checksum == RowChecksum.Compute(Table, values)
            ? parse(values)
            : null;
    }
}
