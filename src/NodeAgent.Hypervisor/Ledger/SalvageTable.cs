using System.Collections.Immutable;
using Microsoft.Data.Sqlite;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// Reads what can be read of one table of a damaged file: from the front up to the damage, from the back up to the
/// damage, and what lies between row by row. Only rows that agree with their checksum count.
/// </summary>
internal sealed class SalvageTable<TRow>
    where TRow : class
{
    private const int ProbeLimit = 20_000;
    private readonly LedgerDatabase _database;
    private readonly RowFormat<TRow> _format;
    private readonly SortedDictionary<long, TRow?> _rows = [];

    public SalvageTable(LedgerDatabase database, RowFormat<TRow> format)
    {
        _database = database;
        _format = format;
        if (Read("ORDER BY rowid", out long? lastFromFront))
        {
            IsComplete = true;
            return;
        }

        Read("ORDER BY rowid DESC", out long? lastFromBack);
        if (lastFromFront is { } front && lastFromBack is { } back)
        {
            long end = Math.Min(back, front + ProbeLimit);
            for (long rowId = front + 1; rowId < end; rowId++)
            {
                Read($"WHERE rowid = {rowId}", out _);
            }
        }
    }

    public bool IsComplete { get; }

    public IEnumerable<TRow> Rows => _rows.Values.OfType<TRow>();

    /// <summary>The columns of rows that disagree with their checksum, as they read.</summary>
    public List<UnreadableRow> Unreadable { get; } = [];

    public SalvageCount Count(int carried) => new(_format.Table, carried, Unreadable.Count, IsComplete);

    private bool Read(string clause, out long? lastRowId)
    {
        lastRowId = null;
        try
        {
            using LedgerStatement select = _database.Prepare($"SELECT rowid, {_format.ColumnList} FROM {_format.Table} NOT INDEXED {clause}");
            using SqliteDataReader reader = select.Query();
            while (reader.Read())
            {
                long rowId = reader.GetInt64(0);
                lastRowId = rowId;
                if (_rows.ContainsKey(rowId))
                {
                    // From the back: met what was read from the front.
                    continue;
                }

                TRow? row = _format.TryRead(reader, offset: 1);
                _rows.Add(rowId, row);
                if (row is null)
                {
                    Unreadable.Add(new UnreadableRow([.. Columns(reader)]));
                }
            }

            return true;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    private ImmutableArray<string?> Columns(SqliteDataReader reader) =>
        [.. Enumerable.Range(1, _format.ColumnCount - 1).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i).ToString())];
}
