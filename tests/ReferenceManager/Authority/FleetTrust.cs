using System.Collections.Immutable;
using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Data.Sqlite;
using NodeAgent.Manager.V1;
using ReferenceManager.Storage;

namespace ReferenceManager.Authority;

/// <summary>
/// The fleet's authorities and what they have taken back. Each change is durable first, then a new
/// <see cref="TrustSnapshot"/> takes the place of the old one, then <see cref="Changed"/> tells the sessions.
/// </summary>
internal sealed class FleetTrust
{
    private readonly Database _database;
    private readonly AuthorityKeys _keys;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private volatile TrustSnapshot _current = null!;

    private FleetTrust(Database database, AuthorityKeys keys, TimeProvider time) => (_database, _keys, _time) = (database, keys, time);

    /// <summary>Comes after each change, when it holds already.</summary>
    public event Action? Changed;

    /// <summary>The fleet's id.</summary>
    public string Fleet { get; private set; } = "";

    /// <summary>What holds now.</summary>
    public TrustSnapshot Current => _current;

    /// <summary>Opens it; at the first start of a manager the fleet gets its id and its first authority.</summary>
    /// <param name="database">Where it is on record.</param>
    /// <param name="keys">Where the authorities' keys are.</param>
    /// <param name="time">The clock.</param>
    /// <param name="fleet">The id of a new fleet; <c>null</c> for one that is made up.</param>
    public static async Task<FleetTrust> OpenAsync(Database database, AuthorityKeys keys, TimeProvider time, string? fleet)
    {
        var trust = new FleetTrust(database, keys, time);
        await database.CommitAsync(connection =>
        {
            connection.Run("INSERT OR IGNORE INTO facts VALUES ('fleet', ?1)", fleet ?? $"fleet-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
            trust.Fleet = Fact(connection, "fleet");
            if (connection.First("SELECT count(*) FROM authorities", row => row.GetInt64(0)) == 0)
            {
                connection.Run("INSERT INTO facts VALUES ('version', '0'), ('active', '1')");
                trust.Add(connection);
                connection.Run("UPDATE facts SET value = '1' WHERE key = 'version'");
            }

            trust._current = trust.Load(connection);
        });
        return trust;
    }

    /// <summary>Adds an authority, which the fleet trusts from now on but which does not issue yet.</summary>
    public Task AddAuthorityAsync() => ChangeAsync(Add);

    /// <summary>Has the newest authority issue from now on.</summary>
    public Task ActivateNewestAsync() => ChangeAsync(connection =>
        connection.Run("UPDATE facts SET value = (SELECT max(number) FROM authorities) WHERE key = 'active'"));

    /// <summary>Takes every authority but the active one out of the bundle.</summary>
    public async Task RetireOthersAsync()
    {
        var retired = Current.Authorities.Remove(Current.Active);
        await ChangeAsync(connection => connection.Run(
            "UPDATE authorities SET trusted = 0 WHERE number <> (SELECT CAST(value AS INTEGER) FROM facts WHERE key = 'active')"));
        foreach (var authority in retired)
        {
            _keys.Delete(authority.Number);
        }
    }

    /// <summary>Takes certificates back, by serial number.</summary>
    public Task RevokeAsync(IReadOnlyCollection<string> serials) => ChangeAsync(connection =>
    {
        foreach (var serial in serials)
        {
            connection.Run("UPDATE certificates SET revoked = ?2 WHERE serial = ?1 AND revoked IS NULL", serial, _time.GetUtcNow().ToUnixTimeMilliseconds());
        }
    });

    private static string Fact(SqliteConnection connection, string key) =>
        connection.First("SELECT value FROM facts WHERE key = ?1", row => row.GetString(0), key)!;

    private async Task ChangeAsync(Action<SqliteConnection> change)
    {
        var next = await _database.CommitAsync(connection =>
        {
            change(connection);
            connection.Run("UPDATE facts SET value = CAST(value AS INTEGER) + 1 WHERE key = 'version'");
            return Load(connection);
        });
        lock (_gate)
        {
            _current = next.Version > _current.Version ? next : _current;
        }

        Changed?.Invoke();
    }

    private void Add(SqliteConnection connection)
    {
        var number = connection.First("SELECT coalesce(max(number), 0) + 1 FROM authorities", row => row.GetInt32(0));
        using var authority = CertificateAuthority.Create(number, Fleet, _time.GetUtcNow());
        _keys.Save(authority);
        connection.Run(
            "INSERT INTO authorities SELECT ?1, ?2, 1, CAST(value AS INTEGER) + 1 FROM facts WHERE key = 'version'",
            number, authority.Certificate.RawData);
    }

    private TrustSnapshot Load(SqliteConnection connection)
    {
        var rows = connection.All(
            "SELECT number, certificate, since FROM authorities WHERE trusted = 1 ORDER BY number",
            row => (Authority: _keys.Load(row.GetInt32(0), row.GetBytes(1)), Since: row.GetInt64(2)));
        var revoked = connection.All(
            "SELECT serial, authority, revoked FROM certificates WHERE revoked IS NOT NULL ORDER BY serial",
            row => (Serial: row.GetString(0), Authority: row.GetInt32(1), Time: DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2))));

        var bundle = new TrustBundle { Version = long.Parse(Fact(connection, "version")) };
        foreach (var (authority, _) in rows)
        {
            bundle.CaCertificates.Add(ByteString.CopyFrom(authority.Certificate.RawData));
            var taken = revoked.Where(item => item.Authority == authority.Number).Select(item => (item.Serial, item.Time)).ToArray();
            if (taken.Length > 0)
            {
                bundle.RevocationLists.Add(ByteString.CopyFrom(authority.WriteRevocationList(taken, bundle.Version, _time.GetUtcNow())));
            }
        }

        var active = int.Parse(Fact(connection, "active"));
        return new TrustSnapshot(
            bundle,
            [.. rows.Select(row => row.Authority)],
            rows.Single(row => row.Authority.Number == active).Authority,
            rows.ToImmutableDictionary(row => row.Authority.Number, row => row.Since),
            [.. revoked.Select(item => item.Serial)]);
    }
}
