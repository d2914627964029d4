using Grpc.Core;
using Grpc.Core.Interceptors;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>
/// Holds a caller to the VMs of its roles (vm_labels in the policy). A VM outside is as good as not there; what is not
/// about single VMs is refused; lists and watches show less.
/// </summary>
internal sealed class ScopeGate(VmRegistry registry, OperationBook operations) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        await CheckAsync(request, context);
        return await continuation(request, context);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await CheckAsync(request, context);
        await continuation(request, responseStream, context);
    }

    /// <summary>A VM by id or name, if the caller may know of it.</summary>
    /// <exception cref="VmException">There is none that it may know of.</exception>
    public static VmSnapshot Get(VmRegistry registry, string idOrName, ServerCallContext context)
    {
        var vm = registry.Get(idOrName);
        return Callers.ScopeOf(context).Covers(vm.Definition.Labels) ? vm : throw OutOfScope(idOrName, context);
    }

    /// <summary>
    /// Looks again whether the caller of a stream may know of the VM that it is about, which others may give other labels
    /// meanwhile. A VM that is no more keeps what it was judged by at the beginning.
    /// </summary>
    /// <exception cref="VmException">There is none any more that it may know of.</exception>
    public static void CheckStill(VmRegistry registry, Guid vm, string asked, ServerCallContext context)
    {
        if (registry.TryGet(vm) is { } now && !Callers.ScopeOf(context).Covers(now.Definition.Labels))
        {
            throw OutOfScope(asked, context);
        }
    }

    private static VmException OutOfScope(string asked, ServerCallContext context)
    {
        CallRecord.OutOfScope(context);
        return new VmException(VmErrorReason.NotFound, $"There is no VM '{asked}'.");
    }

    private ValueTask CheckAsync(object request, ServerCallContext context)
    {
        var scope = Callers.ScopeOf(context);
        return scope.IsEverything || !MethodFacts.Of(context.Method).IsOurs ? ValueTask.CompletedTask : CheckAsync(request, scope, context);
    }

    private async ValueTask CheckAsync(object request, VmScope scope, ServerCallContext context)
    {
        var facts = MethodFacts.Of(context.Method);
        switch (request)
        {
            case V1.GetNodeRequest or V1.ListVmsRequest or V1.WatchVmsRequest:
                return;
            case V1.CreateVmRequest { Vm: { } vm }:
                CheckLabels(scope, vm);
                return;
            case V1.UpdateVmRequest { Vm: { } vm } update:
                Get(registry, vm.Id.Length > 0 ? vm.Id : vm.Name, context);
                // An empty mask is none: labels are replaced too (see UpdateMask).
                if (update.UpdateMask is not { Paths.Count: > 0 } || update.UpdateMask.Paths.Any(path => path == "*" || path.Split('.')[0] == "labels"))
                {
                    CheckLabels(scope, vm);
                }

                return;
            case V1.RenderCommandLineRequest { Spec: { } vm }:
                CheckLabels(scope, vm);
                return;
            case LongRunning.GetOperationRequest or LongRunning.WaitOperationRequest or LongRunning.CancelOperationRequest:
                await CheckOperationAsync(facts.SubjectOf(request), scope, context);
                return;
            default:
                break;
        }

        if (facts.VmOf(request) is { Length: > 0 } named)
        {
            Get(registry, named, context);
            return;
        }

        throw new RpcRefusal(RpcReason.NotPermitted, $"{Callers.Of(context).Identity} may call {facts.Name} only for a VM with certain labels (vm_labels of its role), and none is named.");
    }

    private static void CheckLabels(VmScope scope, V1.Vm vm)
    {
        if (!scope.Covers(vm.Labels))
        {
            var sets = scope.AnyOf.Select(set => string.Join(", ", set.Select(label => $"{label.Key}={label.Value}")));
            throw new RpcRefusal(RpcReason.NotPermitted, $"The VM must have these labels for this caller: {string.Join("; or ", sets)}.");
        }
    }

    private async Task CheckOperationAsync(string name, VmScope scope, ServerCallContext context)
    {
        var operation = await operations.FindAsync(OperationWriter.IdOf(name), context.CancellationToken)
            ?? throw OperationService.NotFound(name);
        if (operation.VmId is not { } id || registry.TryGet(id) is not { } vm || !scope.Covers(vm.Definition.Labels))
        {
            CallRecord.OutOfScope(context);
            throw OperationService.NotFound(name);
        }
    }
}
