using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ReferenceManager.Addresses;
using ReferenceManager.Admin.V1;

namespace ReferenceManager.Commands;

/// <summary><c>status</c>, <c>nodes</c>, <c>vms</c>, <c>events</c>: what the manager knows.</summary>
internal static class FleetCommands
{
    private static Argument<string> NodeArgument() => new("NODE")
    {
        Description = "Id or hostname; all where it is not said.",
        Arity = ArgumentArity.ZeroOrOne,
        DefaultValueFactory = _ => "",
    };

    public static Command Status(Func<Command, Func<Call, Task>, Command> asking) =>
        asking(new Command("status", "Show the manager itself."), async call =>
        {
            var status = await call.Api.GetStatusAsync(new GetStatusRequest(), cancellationToken: call.Cancellation);
            call.Write(status, to =>
            {
                to.WriteLine($"manager {status.Name} of fleet {status.FleetId} at {string.Join(", ", status.Endpoints)}");
                to.WriteLine($"nodes {status.NodesConnected} of {status.Nodes} connected, VMs {status.Vms}");
                to.WriteLine($"lease interval {Span.Format(status.LeaseInterval.ToTimeSpan())}, trust version {status.TrustVersion}");
                to.WriteLine($"counted {status.Counters}");
            });
        });

    public static Command Announce(Func<Command, Func<Call, Task>, Command> asking)
    {
        var endpoints = new Argument<string[]>("HOST:PORT") { Description = "In the order to try.", Arity = ArgumentArity.OneOrMore };
        var after = new Option<string?>("--after") { Description = "How long until they move; without it they go there with their next sessions." };
        return asking(new Command("announce", "Tell the connected nodes where to open their next sessions.") { endpoints, after }, async call =>
        {
            var request = new AnnounceEndpointsRequest { Endpoints = { call.Said.GetValue(endpoints)!.Select(text => HostPort.Parse(text).ToString()) } };
            if (call.Said.GetValue(after) is { } span)
            {
                request.MoveTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow() + Span.Parse(span));
            }

            var answer = await call.Api.AnnounceEndpointsAsync(request, cancellationToken: call.Cancellation);
            call.Write(answer, to => to.WriteLine($"told {answer.Nodes}"));
        });
    }

    public static Command Nodes(Func<Command, Func<Call, Task>, Command> asking) =>
        asking(new Command("nodes", "List the nodes."), async call =>
        {
            var list = await call.Api.ListNodesAsync(new ListNodesRequest(), cancellationToken: call.Cancellation);
            call.Write(list, to => Call.Table(
                to, ["NAME", "ID", "STATE", "LEASE", "VMS", "RUNNING", "CERTIFICATE UNTIL", "AGENT"], list.Nodes.Select(Row)));
        });

    public static Command Vms(Func<Command, Func<Call, Task>, Command> asking)
    {
        var node = NodeArgument();
        return asking(new Command("vms", "List VMs as last known.") { node }, async call =>
        {
            var list = await call.Api.ListVmsAsync(new ListVmsRequest { Node = call.Said.GetValue(node) }, cancellationToken: call.Cancellation);
            call.Write(list, to => Call.Table(to, ["NODE", "NAME", "ID", "STATE", "AS OF"], list.Vms.Select(Row)));
        });
    }

    public static Command Events(Func<Command, Func<Call, Task>, Command> asking)
    {
        var node = NodeArgument();
        var follow = new Option<bool>("--follow") { Description = "Go on with those to come." };
        return asking(new Command("events", "Show the events that nodes told, one a line.") { node, follow }, async call =>
        {
            var request = new WatchEventsRequest { Node = call.Said.GetValue(node), Follow = call.Said.GetValue(follow) };
            using var events = call.Api.WatchEvents(request, cancellationToken: call.Cancellation);
            await foreach (var item in events.ResponseStream.ReadAllAsync(call.Cancellation))
            {
                call.Write(item, to => to.WriteLine(
                    $"{item.Event.Time.ToDateTimeOffset():yyyy-MM-ddTHH:mm:ss.fffZ} {item.Hostname} {item.Event.Sequence} {item.Event.Kind} {item.Event.Message}"));
            }
        });
    }

    private static string[] Row(ManagedNode node) =>
    [
        node.Hostname, node.Id, node.State, node.LeaseAge is null ? "-" : Span.Format(node.LeaseAge.ToTimeSpan()), $"{node.Vms}", $"{node.VmsRunning}",
        node.CertificateExpireTime is null ? "-" : $"{node.CertificateExpireTime.ToDateTimeOffset():u}", node.AgentVersion,
    ];

    private static string[] Row(ManagedVm item) =>
    [
        item.Hostname, item.Vm.Name, item.Vm.Id, (item.Vm.Status?.State ?? NodeAgent.V1.VmState.Unspecified).ToString().ToLowerInvariant(),
        item.Current ? "now" : "when the node was lost",
    ];
}
