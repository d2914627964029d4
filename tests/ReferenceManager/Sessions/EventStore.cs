using Google.Protobuf;
using Microsoft.Data.Sqlite;
using NodeAgent.Manager.V1;
using NodeAgent.V1;
using ReferenceManager.Storage;

namespace ReferenceManager.Sessions;

/// <summary>
/// The events of all nodes. An event is stored before it is acknowledged, and stored once, whatever a broken connection
/// makes a node send again.
/// </summary>
internal sealed class EventStore(Database database, Counters counters)
{
    private readonly Bell _appended = new();

    /// <summary>Completes when an event has come; for those who follow.</summary>
    public Task Appended => _appended.Next;

    /// <summary>Number of the last event of a log that is held, and how many were lost to us; 0 and 0 for a new log.</summary>
    public (long Acknowledged, long Lost) HeadOf(string node, string log) => database.Read(connection => Head(connection, node, log));

    /// <summary>Stores a batch.</summary>
    /// <returns>Up to which number everything is held durably.</returns>
    /// <exception cref="Grpc.Core.RpcException">The batch leaves a gap, and does not say that it is lost.</exception>
    public async Task<long> AppendAsync(string node, string log, EventBatch batch)
    {
        var (head, stored) = await database.CommitAsync(connection => Append(connection, node, log, batch));
        counters.CountEvents(stored, batch.Events.Count - stored);
        _appended.Ring();
        return head;
    }

    /// <summary>Events in the order of their arrival here.</summary>
    /// <param name="after">The position to go on after; 0 for the beginning.</param>
    /// <param name="node">A node's id, or <c>null</c> for all.</param>
    /// <param name="most">How many at most.</param>
    public IReadOnlyList<(long Position, string Node, string Log, Event Event)> List(long after, string? node, int most) =>
        database.Read(connection => connection.All(
            "SELECT rowid, node, log, event FROM events WHERE rowid > ?1 AND (?2 IS NULL OR node = ?2) ORDER BY rowid LIMIT ?3",
            row => (row.GetInt64(0), row.GetString(1), row.GetString(2), Event.Parser.ParseFrom(row.GetBytes(3))),
            after, node, most));

    private static (long Acknowledged, long Lost) Head(SqliteConnection connection, string node, string log) =>
        connection.First("SELECT acknowledged, lost FROM logs WHERE node = ?1 AND log = ?2", row => (row.GetInt64(0), row.GetInt64(1)), node, log);

    private static (long Head, int Stored) Append(SqliteConnection connection, string node, string log, EventBatch batch)
    {
        var (head, lost) = Head(connection, node, log);
        if (batch.LostUntil > head)
        {
            // The node's log is bounded, and we were away for longer than it reaches back.
            lost += batch.LostUntil - head;
            head = batch.LostUntil;
        }

        var stored = 0;
        foreach (var item in batch.Events.Where(item => item.Sequence > head))
        {
            if (item.Sequence != head + 1)
            {
                throw ProtocolError.OutOfStep($"events: {head + 1} is next, not {item.Sequence}; what the log no longer holds is to be told as lost_until");
            }

            connection.Run("INSERT INTO events VALUES (?1, ?2, ?3, ?4)", node, log, item.Sequence, item.ToByteArray());
            head = item.Sequence;
            stored++;
        }

        connection.Run("INSERT OR REPLACE INTO logs VALUES (?1, ?2, ?3, ?4)", node, log, head, lost);
        return (head, stored);
    }
}
