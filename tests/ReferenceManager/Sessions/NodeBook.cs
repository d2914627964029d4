using System.Collections.Concurrent;
using Google.Protobuf;
using NodeAgent.Manager.V1;
using NodeAgent.V1;
using ReferenceManager.Storage;

namespace ReferenceManager.Sessions;

/// <summary>All nodes of the fleet.</summary>
internal sealed class NodeBook
{
    private readonly ConcurrentDictionary<string, KnownNode> _nodes = new(StringComparer.Ordinal);
    private readonly Bell _trustTold = new();
    private readonly Database _database;

    /// <summary>Reads what is on record, which is how things were when this manager was last there.</summary>
    public NodeBook(Database database)
    {
        _database = database;
        var vms = database.Read(connection => connection.All("SELECT node, vm FROM vms", row => (Node: row.GetString(0), Vm: Vm.Parser.ParseFrom(row.GetBytes(1)))))
            .ToLookup(row => row.Node, row => row.Vm);
        var rows = database.Read(connection => connection.All(
            "SELECT id, identity, facts, trust FROM nodes",
            row => (Id: row.GetString(0), Identity: NodeIdentity.Parser.ParseFrom(row.GetBytes(1)), Facts: row.IsDBNull(2) ? null : Node.Parser.ParseFrom(row.GetBytes(2)), Trust: row.GetInt64(3))));
        foreach (var row in rows)
        {
            _nodes[row.Id] = new KnownNode(row.Id, row.Identity, NodeInventory.FromRecord(row.Facts, vms[row.Id])) { TrustVersion = row.Trust };
        }
    }

    /// <summary>All that ever enrolled.</summary>
    public IReadOnlyCollection<KnownNode> All => [.. _nodes.Values];

    /// <summary>By id; <c>null</c> where there is none.</summary>
    public KnownNode? Find(string id) => _nodes.GetValueOrDefault(id);

    /// <summary>By id or hostname.</summary>
    /// <exception cref="Grpc.Core.RpcException">There is none, or there are several of this name.</exception>
    public KnownNode Get(string idOrHostname)
    {
        var found = Find(idOrHostname) is { } node ? [node] : All.Where(known => known.Status().Identity.Hostname == idOrHostname).ToArray();
        return found.Length switch
        {
            1 => found[0],
            0 => throw new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.NotFound, $"no node has the id or the hostname '{idOrHostname}'")),
            _ => throw new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.FailedPrecondition, $"{found.Length} nodes have the hostname '{idOrHostname}': say the id")),
        };
    }

    /// <summary>The node of an enrolment that has just been granted.</summary>
    public KnownNode GetOrAdd(string id, NodeIdentity identity) => _nodes.GetOrAdd(id, key => new KnownNode(key, identity, new NodeInventory()));

    /// <summary>Keeps what a node said of itself and what it trusts.</summary>
    public Task SaveAsync(string id, Hello hello) => _database.CommitAsync(connection => connection.Run(
        "INSERT INTO nodes (id, identity, trust) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET identity = ?2, trust = ?3",
        id, hello.Node.ToByteArray(), hello.TrustVersion));

    /// <summary>Rings when a node said what it trusts.</summary>
    public Task TrustTold => _trustTold.Next;

    /// <summary>A node said what it trusts.</summary>
    public void RingTrust() => _trustTold.Ring();

    /// <summary>Keeps that a node has taken in a trust bundle.</summary>
    public async Task ConfirmTrustAsync(KnownNode node, long version)
    {
        node.TrustVersion = version;
        await _database.CommitAsync(connection => connection.Run("UPDATE nodes SET trust = ?2 WHERE id = ?1", node.Id, version));
        RingTrust();
    }

    /// <summary>Tells every node that has a session where to open the next one.</summary>
    /// <returns>How many were told.</returns>
    public int Announce(IEnumerable<string> endpoints, Google.Protobuf.WellKnownTypes.Timestamp? moveTime)
    {
        var sessions = All.Select(node => node.Session).OfType<NodeSession>().ToArray();
        var update = new UpdateEndpoints { Endpoints = { endpoints }, MoveTime = moveTime };
        Array.ForEach(sessions, session => session.Send(new OpenSessionResponse { UpdateEndpoints = update }));
        return sessions.Length;
    }

    /// <summary>Keeps what changed on a node.</summary>
    public Task SaveAsync(string id, InventoryChange change) => _database.CommitAsync(connection => change.Save(connection, id));
}
