using Microsoft.Data.Sqlite;
using NodeAgent.Manager.V1;
using ReferenceManager.Storage;

namespace ReferenceManager.Enrolment;

/// <summary>What became of the request of one key.</summary>
/// <param name="Key">The key's fingerprint.</param>
/// <param name="Id">What the node waits with; nobody else learns it.</param>
/// <param name="Node">What the node said of itself.</param>
/// <param name="Request">The request, for the day when somebody approves it.</param>
/// <param name="State"><see cref="Pending"/>, <see cref="Issued"/> or <see cref="Rejected"/>.</param>
/// <param name="Why">Why a person is asked.</param>
/// <param name="Asked">When it came.</param>
/// <param name="Serial">The certificate that was issued for it.</param>
internal sealed record EnrolmentRow(
    string Key, string Id, NodeIdentity Node, byte[] Request, string State, string Why, DateTimeOffset Asked, string? Serial)
{
    public const string Pending = "pending";
    public const string Issued = "issued";
    public const string Rejected = "rejected";
    private const string Columns = "SELECT key, id, identity, request, state, why, asked, serial FROM enrolments ";

    /// <summary>By the node's key.</summary>
    public static EnrolmentRow? OfKey(SqliteConnection connection, string key) => connection.First(Columns + "WHERE key = ?1", Read, key);

    /// <summary>By what the node waits with.</summary>
    public static EnrolmentRow? OfId(SqliteConnection connection, string id) => connection.First(Columns + "WHERE id = ?1", Read, id);

    /// <summary>Those that wait for a person, the oldest first.</summary>
    public static List<EnrolmentRow> Waiting(SqliteConnection connection) =>
        connection.All(Columns + "WHERE state = 'pending' ORDER BY asked", Read);

    /// <summary>Puts it in the place of what was there for this key.</summary>
    public void Save(SqliteConnection connection) => connection.Run(
        "INSERT OR REPLACE INTO enrolments (key, id, node, identity, request, state, why, asked, serial) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        Key, Id, Node.NodeId, Google.Protobuf.MessageExtensions.ToByteArray(Node), Request, State, Why, Asked.ToUnixTimeMilliseconds(), Serial);

    private static EnrolmentRow Read(SqliteDataReader row) => new(
        row.GetString(0), row.GetString(1), NodeIdentity.Parser.ParseFrom(row.GetBytes(2)), row.GetBytes(3), row.GetString(4),
        row.GetString(5), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)), row.IsDBNull(7) ? null : row.GetString(7));
}
