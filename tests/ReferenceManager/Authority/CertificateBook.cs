using System.Security.Cryptography.X509Certificates;
using Microsoft.Data.Sqlite;
using ReferenceManager.Storage;

namespace ReferenceManager.Authority;

/// <summary>
/// Issues certificates and keeps every one on record. Its methods take the connection of a transaction, so that "the token
/// is used up" and "the certificate is issued" become true together or not at all.
/// </summary>
internal sealed class CertificateBook(FleetTrust trust, TimeProvider time)
{
    private const string Columns = "SELECT serial, role, name, key, certificate, begins, ends, authority, revoked FROM certificates ";

    /// <summary>Issues one by the active authority.</summary>
    public IssuedCertificate Issue(SqliteConnection connection, PublicKey key, FleetRole role, string name, TimeSpan validity)
    {
        var authority = trust.Current.Active;
        var now = time.GetUtcNow();
        var identity = new FleetIdentity(trust.Fleet, role, name);
        using var certificate = authority.Issue(key, identity, now, validity);
        var issued = new IssuedCertificate(
            certificate.SerialNumber, identity.RoleText, name, PublicKeys.Fingerprint(key), certificate.RawData,
            now, new DateTimeOffset(certificate.NotAfter), authority.Number, IsRevoked: false);
        connection.Run(
            "INSERT INTO certificates VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL)",
            issued.Serial, issued.Role, issued.Name, issued.Key, issued.Der,
            issued.Begin.ToUnixTimeMilliseconds(), issued.End.ToUnixTimeMilliseconds(), issued.Authority);
        return issued;
    }

    /// <summary>Whether it has not ended, and its authority is trusted still.</summary>
    public bool IsCurrent(IssuedCertificate certificate) =>
        certificate.End > time.GetUtcNow() && trust.Current.Authorities.Any(authority => authority.Number == certificate.Authority);

    /// <summary>By serial number.</summary>
    public static IssuedCertificate? Find(SqliteConnection connection, string serial) =>
        connection.First(Columns + "WHERE serial = ?1", Read, serial);

    /// <summary>All of a holder, the newest first.</summary>
    public static List<IssuedCertificate> Of(SqliteConnection connection, FleetRole role, string name) =>
        connection.All(Columns + "WHERE role = ?1 AND name = ?2 ORDER BY rowid DESC", Read, role.ToString().ToLowerInvariant(), name);

    /// <summary>The newest one of each node.</summary>
    public static Dictionary<string, IssuedCertificate> NewestOfNodes(SqliteConnection connection) =>
        connection.All(Columns + "WHERE rowid IN (SELECT max(rowid) FROM certificates WHERE role = 'node' GROUP BY name)", Read)
            .ToDictionary(certificate => certificate.Name, StringComparer.Ordinal);

    private static IssuedCertificate Read(SqliteDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetBytes(4),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5)), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)),
        row.GetInt32(7), !row.IsDBNull(8));
}
