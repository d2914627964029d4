using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Microsoft.Data.Sqlite;
using NodeAgent.Manager.V1;
using ReferenceManager.Authority;
using ReferenceManager.Storage;

namespace ReferenceManager.Enrolment;

/// <summary>
/// Who is let in. Everything hangs on the node's key: one key, one answer, however often it asks.
/// <code>
///                    token good, id free              approve
///   (nothing) ───────────────────────────▶ issued ◀─────────── pending ───▶ rejected
///       └──────────── no token, or the id has another key ────────▲  reject
/// </code>
/// </summary>
internal sealed class Enroller(Database database, CertificateBook certificates, JoinTokens tokens, TimeProvider time, TimeSpan nodeValidity)
{
    // Anybody on the network can ask to be let in by hand; they fill this list and no more.
    private const int MostPending = 64;
    private static readonly TimeSpan s_pendingLife = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(1);
    private readonly Bell _decided = new();

    /// <summary>A node was let in.</summary>
    public event Action<NodeIdentity>? Joined;

    /// <summary>Takes a request in.</summary>
    /// <returns>Issued or pending, with the certificate where there is one.</returns>
    public async Task<(EnrolmentRow Row, IssuedCertificate? Certificate)> EnrolAsync(EnrolRequest request)
    {
        var key = NodeRequest.ReadKey(request.CertificateRequest);
        var node = NodeRequest.ReadIdentity(request.Node);
        var answer = await database.CommitAsync(connection =>
        {
            var fingerprint = PublicKeys.Fingerprint(key);
            var hasToken = !request.TokenSecret.IsEmpty;
            if (hasToken)
            {
                tokens.Use(connection, request.TokenSecret, fingerprint);
            }

            var known = EnrolmentRow.OfKey(connection, fingerprint);
            if (known is null)
            {
                return Begin(connection, key, node, request, hasToken);
            }

            // It asked without a token before, or its certificate has come of age; and somebody has given it a token since.
            return hasToken && !HasCertificate(connection, known) && !IsTaken(connection, node.NodeId, fingerprint)
                ? Issue(connection, known with { Node = node })
                : Answer(connection, known);
        });
        if (answer.Certificate is not null)
        {
            Joined?.Invoke(answer.Row.Node);
        }

        return answer;
    }

    /// <summary>Waits for a decision, for a minute at most.</summary>
    public async Task<(EnrolmentRow Row, IssuedCertificate? Certificate)> WaitAsync(string id, CancellationToken cancellation)
    {
        var end = time.GetUtcNow() + s_longestWait;
        while (true)
        {
            var decided = _decided.Next;
            var (row, certificate) = database.Read(connection => EnrolmentRow.OfId(connection, id) is { } found
                ? Answer(connection, found)
                : throw Refusal.Denied("ENROLMENT_REJECTED", "no enrolment of this id waits here, or it waited for more than a day: enrol again"));
            var left = end - time.GetUtcNow();
            if (row.State != EnrolmentRow.Pending || left <= TimeSpan.Zero)
            {
                return (row, certificate);
            }

            await Task.WhenAny(decided, Task.Delay(left, time, cancellation));
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Those that wait for a person.</summary>
    public IReadOnlyList<EnrolmentRow> ListPending() => database.Read(EnrolmentRow.Waiting);

    /// <summary>A person's yes or no.</summary>
    /// <param name="row">One of <see cref="ListPending"/>.</param>
    /// <param name="isApproved">Whether the node is let in.</param>
    public async Task<EnrolmentRow> DecideAsync(EnrolmentRow row, bool isApproved)
    {
        var decided = await database.CommitAsync(connection =>
        {
            if (isApproved)
            {
                return Issue(connection, row).Row;
            }

            var rejected = row with { State = EnrolmentRow.Rejected };
            rejected.Save(connection);
            return rejected;
        });
        if (isApproved)
        {
            Joined?.Invoke(decided.Node);
        }

        _decided.Ring();
        return decided;
    }

    private (EnrolmentRow Row, IssuedCertificate? Certificate) Begin(SqliteConnection connection, PublicKey key, NodeIdentity node, EnrolRequest request, bool hasToken)
    {
        var fingerprint = PublicKeys.Fingerprint(key);
        var isTaken = IsTaken(connection, node.NodeId, fingerprint);
        var row = new EnrolmentRow(
            fingerprint, RandomNumberGenerator.GetHexString(32, lowercase: true), node, request.CertificateRequest.ToByteArray(),
            EnrolmentRow.Pending, isTaken ? "a node of this id has a certificate for another key" : "came without a token", time.GetUtcNow(), Serial: null);
        if (hasToken && !isTaken)
        {
            return Issue(connection, row);
        }

        connection.Run("DELETE FROM enrolments WHERE state = 'pending' AND asked < ?1", (time.GetUtcNow() - s_pendingLife).ToUnixTimeMilliseconds());
        if (EnrolmentRow.Waiting(connection).Count >= MostPending)
        {
            throw Refusal.Full("TOO_MANY_PENDING", $"{MostPending} enrolments wait for a decision already: decide on them (`reference-manager pending`), or join with a token");
        }

        row.Save(connection);
        return (row, null);
    }

    // One that was revoked counts: its key does not come in again.
    private bool HasCertificate(SqliteConnection connection, EnrolmentRow row) =>
        row.Serial is not null && CertificateBook.Find(connection, row.Serial) is { } certificate && (certificate.IsRevoked || certificates.IsCurrent(certificate));

    // The holder of a token could otherwise take the place of any node of the fleet whose id it knows.
    private static bool IsTaken(SqliteConnection connection, string node, string key) =>
        CertificateBook.Of(connection, FleetRole.Node, node).Any(certificate => !certificate.IsRevoked && certificate.Key != key);

    private (EnrolmentRow Row, IssuedCertificate? Certificate) Issue(SqliteConnection connection, EnrolmentRow row)
    {
        var key = NodeRequest.ReadKey(ByteString.CopyFrom(row.Request));
        var certificate = certificates.Issue(connection, key, FleetRole.Node, row.Node.NodeId, nodeValidity);
        var issued = row with { State = EnrolmentRow.Issued, Serial = certificate.Serial };
        issued.Save(connection);
        connection.Run(
            "INSERT INTO nodes (id, identity) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET identity = ?2",
            row.Node.NodeId, row.Node.ToByteArray());
        return (issued, certificate);
    }

    private static (EnrolmentRow Row, IssuedCertificate? Certificate) Answer(SqliteConnection connection, EnrolmentRow row)
    {
        if (row.State == EnrolmentRow.Rejected)
        {
            throw Refusal.Denied("ENROLMENT_REJECTED", "somebody looked at this enrolment and said no: ask the fleet's operators, with the fingerprint of the key");
        }

        var certificate = row.Serial is null ? null : CertificateBook.Find(connection, row.Serial);
        return certificate is { IsRevoked: true }
            ? throw Refusal.Denied("ENROLMENT_REJECTED", "the certificate of this key was revoked: enrol with a new key")
            : (row, certificate);
    }
}
