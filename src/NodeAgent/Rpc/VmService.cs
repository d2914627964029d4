using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>The contract's VmService: reads the request, calls the floor below, writes the answer.</summary>
internal sealed partial class VmService(VmRegistry registry, NodeLedger ledger, SnapshotWriter writer, OperationWriter operations, VmDoors doors)
    : V1.VmService.VmServiceBase
{
    public override async Task<V1.Vm> CreateVm(V1.CreateVmRequest request, ServerCallContext context)
    {
        var vm = request.Vm ?? throw RpcRefusal.Field("vm", "It must be set.");
        var draft = SpecReader.Read(vm, SpecReader.ReadId(vm.Id));
        return Write(await registry.CreateAsync(draft, Callers.Request(context, request), request.ValidateOnly, context.CancellationToken));
    }

    public override Task<V1.Vm> GetVm(V1.GetVmRequest request, ServerCallContext context) => Task.FromResult(Write(registry.Get(Named(request.Vm))));

    public override Task<V1.ListVmsResponse> ListVms(V1.ListVmsRequest request, ServerCallContext context)
    {
        var size = PageToken.Size(request.PageSize);
        var filter = VmFilter.Parse(request.Filter);
        var after = PageToken.Read(request.Filter, request.PageToken);
        var scope = Callers.ScopeOf(context);
        var page = registry.List()
            .Where(vm => scope.Covers(vm.Definition.Labels) && (after is null || string.CompareOrdinal(vm.Definition.Name, after) > 0) && filter.Matches(vm))
            .Take(size + 1)
            .ToList();
        var response = new V1.ListVmsResponse { Vms = { page.Take(size).Select(Write) } };
        if (page.Count > size)
        {
            response.NextPageToken = PageToken.Write(request.Filter, page[size - 1].Definition.Name);
        }

        return Task.FromResult(response);
    }

    public override async Task<V1.Vm> UpdateVm(V1.UpdateVmRequest request, ServerCallContext context)
    {
        var vm = request.Vm ?? throw RpcRefusal.Field("vm", "It must be set.");
        if (UnknownFields.FindPath(vm) is { } path)
        {
            throw RpcRefusal.Field(path.Length == 0 ? "vm" : $"vm.{path}", "It holds a field that this agent does not know; a newer agent might.");
        }

        return Write(await registry.UpdateAsync(
            vm.Id.Length > 0 ? vm.Id : Named(vm.Name, "vm.name"),
            vm.Etag,
            current => SpecReader.Read(UpdateMask.Apply(SpecWriter.Write(current), vm, request.UpdateMask), current.Id),
            Callers.Request(context, request),
            request.ValidateOnly,
            context.CancellationToken));
    }

    public override async Task<Empty> DeleteVm(V1.DeleteVmRequest request, ServerCallContext context)
    {
        await registry.DeleteAsync(Named(request.Vm), request.Etag, request.AllowMissing, Callers.Request(context, request), context.CancellationToken);
        return new Empty();
    }

    public override async Task WatchVms(V1.WatchVmsRequest request, IServerStreamWriter<V1.WatchVmsResponse> responseStream, ServerCallContext context)
    {
        var filter = VmFilter.Parse(request.Filter);
        var scope = Callers.ScopeOf(context);
        using var life = doors.Link(context);
        // Taken before the first VM is told: what happens while they are told is in the log after it.
        var token = ledger.Events.Newest.ToString();
        var shown = new Dictionary<Guid, string>();
        try
        {
            await foreach (var change in registry.Feed.Watch(life.Token))
            {
                if (Write(Within(scope, change, shown), filter.Matches, shown, token) is { } response)
                {
                    await responseStream.WriteAsync(response, life.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw StopGrace.Ended(context);
        }
    }

    public override async Task<V1.RenderCommandLineResponse> RenderCommandLine(V1.RenderCommandLineRequest request, ServerCallContext context)
    {
        var definition = request.Spec is { } spec
            ? SpecReader.Read(spec, SpecReader.ReadId(spec.Id))
            : registry.Get(Named(request.Vm)).Definition;
        var boot = await registry.RenderAsync(definition, context.CancellationToken);
        return new V1.RenderCommandLineResponse
        {
            Binary = boot.QemuBinary,
            Arguments = { boot.Arguments },
            Accelerator = SnapshotWriter.Write(boot.Accelerator),
            AcceleratorReason = boot.AcceleratorReason,
        };
    }

    private static string Named(string vm, string field = "vm") =>
        vm.Length > 0 ? vm : throw RpcRefusal.Field(field, "It must be set: a VM's id or name.");

    private V1.Vm Write(VmSnapshot vm) => writer.WriteWithStats(vm);

    // To who may not know of it, a VM that was taken out of the scope is gone; how it is now is nothing for them.
    private static VmChange Within(VmScope scope, VmChange change, Dictionary<Guid, string> shown) =>
        change is VmChange.Changed { Snapshot.Definition: var vm } && !scope.Covers(vm.Labels)
            ? new VmChange.Deleted(vm.Id, shown.GetValueOrDefault(vm.Id, ""))
            : change;

    // A VM that no longer matches is told once more, so that the watcher sees it leave.
    private V1.WatchVmsResponse? Write(VmChange change, Func<VmSnapshot, bool> isWanted, Dictionary<Guid, string> shown, string token)
    {
        switch (change)
        {
            case VmChange.Changed { Snapshot: var vm } when isWanted(vm):
                shown[vm.Definition.Id] = vm.Definition.Name;
                return new V1.WatchVmsResponse { Vm = Write(vm) };
            case VmChange.Changed { Snapshot: var vm }:
                return shown.Remove(vm.Definition.Id) ? new V1.WatchVmsResponse { Vm = Write(vm) } : null;
            case VmChange.Deleted deleted:
                return shown.Remove(deleted.Id)
                    ? new V1.WatchVmsResponse { Deleted = new V1.VmDeleted { Id = deleted.Id.ToString(), Name = deleted.Name } }
                    : null;
            default:
                return new V1.WatchVmsResponse { Synced = new V1.VmsSynced { EventToken = token } };
        }
    }
}
