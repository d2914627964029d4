using Google.Protobuf.WellKnownTypes;
using ReferenceManager.Admin.V1;
using ReferenceManager.Authority;
using ReferenceManager.Sessions;
using ReferenceManager.Storage;

namespace ReferenceManager.Admin;

/// <summary>What the manager knows, for people and tests. No node is asked.</summary>
internal sealed class FleetReport(Database database, FleetTrust trust, NodeBook nodes, EventStore events, Sessions.Counters counters)
{
    private const int PageOfEvents = 500;

    public required SessionTerms Terms { get; init; }

    public required IReadOnlyList<string> Endpoints { get; init; }

    public required TimeProvider Time { get; init; }

    public ManagerStatus Status()
    {
        var all = nodes.All.Select(node => node.Status()).ToArray();
        return new ManagerStatus
        {
            Name = Terms.ManagerName,
            FleetId = trust.Fleet,
            Endpoints = { Endpoints },
            LeaseInterval = Duration.FromTimeSpan(Terms.LeaseInterval),
            TrustVersion = trust.Current.Version,
            Nodes = all.Length,
            NodesConnected = all.Count(node => node.IsConnected(Time, Terms.LeaseInterval)),
            Vms = all.Sum(node => node.Vms.Count),
            Counters = new V1.Counters
            {
                Sessions = counters.Sessions,
                Leases = counters.Leases,
                LateLeases = counters.LateLeases,
                WholeInventories = counters.WholeInventories,
                InventoryDeltas = counters.InventoryDeltas,
                Events = counters.Events,
                RepeatedEvents = counters.RepeatedEvents,
                Tunnels = counters.Tunnels,
                Commits = database.Commits,
                LeaseDelayP99 = Duration.FromTimeSpan(counters.LeaseDelays.At(0.99)),
                LeaseDelayMax = Duration.FromTimeSpan(counters.LeaseDelays.At(1)),
            },
        };
    }

    public ListNodesResponse ListNodes()
    {
        var certificates = database.Read(CertificateBook.NewestOfNodes);
        return new ListNodesResponse
        {
            Nodes =
            {
                nodes.All.Select(node => node.Status())
                    .OrderBy(node => node.Identity.Hostname, StringComparer.Ordinal).ThenBy(node => node.Id, StringComparer.Ordinal)
                    .Select(node => Write(node, certificates.GetValueOrDefault(node.Id))),
            },
        };
    }

    public V1.ListVmsResponse ListVms(string node)
    {
        var asked = node.Length > 0 ? [nodes.Get(node)] : nodes.All;
        return new V1.ListVmsResponse
        {
            Vms =
            {
                asked.Select(known => known.Status())
                    .OrderBy(status => status.Identity.Hostname, StringComparer.Ordinal)
                    .SelectMany(status => status.Vms.Values.OrderBy(vm => vm.Name, StringComparer.Ordinal).Select(vm => new ManagedVm
                    {
                        NodeId = status.Id,
                        Hostname = status.Identity.Hostname,
                        Current = status.IsConnected(Time, Terms.LeaseInterval),
                        Vm = vm,
                    })),
            },
        };
    }

    /// <summary>The stored events, page by page, and with <paramref name="follow"/> those to come.</summary>
    public async Task WatchEventsAsync(string node, bool follow, Func<NodeEvent, Task> write, CancellationToken cancellation)
    {
        var id = node.Length > 0 ? nodes.Get(node).Id : null;
        for (var position = 0L; ;)
        {
            var appended = events.Appended;
            var page = events.List(position, id, PageOfEvents);
            foreach (var (at, nodeId, log, item) in page)
            {
                await write(new NodeEvent { NodeId = nodeId, Hostname = nodes.Find(nodeId)?.Status().Identity.Hostname ?? "", EventLogId = log, Event = item });
                position = at;
            }

            if (page.Count == 0 && !follow)
            {
                return;
            }

            if (page.Count == 0)
            {
                await appended.WaitAsync(cancellation);
            }
        }
    }

    private ManagedNode Write(NodeStatus node, IssuedCertificate? certificate)
    {
        var log = node.Hello?.EventLogId ?? "";
        return new ManagedNode
        {
            Id = node.Id,
            Hostname = node.Identity.Hostname,
            State = certificate is null or { IsRevoked: true } ? "revoked"
                : node.IsConnected(Time, Terms.LeaseInterval) ? "connected"
                : node.Facts is null ? "enrolled" : "lost",
            LeaseAge = node.Lease is { } lease ? Duration.FromTimeSpan(Time.GetElapsedTime(lease)) : null,
            Vms = node.Vms.Count,
            VmsRunning = node.Vms.Values.Count(vm => vm.Status?.State == NodeAgent.V1.VmState.Running),
            CertificateExpireTime = certificate is null ? null : Timestamp.FromDateTimeOffset(certificate.End),
            AgentVersion = node.Identity.AgentVersion,
            ApiEndpoints = { node.Identity.ApiEndpoints },
            BootId = node.Hello?.BootId ?? "",
            AgentEpoch = node.Hello?.AgentEpoch ?? 0,
            TrustVersion = node.TrustVersion,
            Sessions = node.Sessions,
            InventoryGeneration = node.Generation,
            AcknowledgedEvent = node.AcknowledgedEvent,
            EventLogId = log,
            EventsLost = events.HeadOf(node.Id, log).Lost,
            CertificateSerial = certificate?.Serial ?? "",
            Authority = certificate?.Authority ?? 0,
        };
    }
}
