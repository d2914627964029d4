using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Rpc;

/// <content>The verbs: each returns an operation as soon as the decision is durable.</content>
internal sealed partial class VmService
{
    private const int MostKeys = 16;
    private static readonly TimeSpan UsualHold = TimeSpan.FromMilliseconds(100), LongestHold = TimeSpan.FromSeconds(10);

    public override Task<LongRunning.Operation> StartVm(V1.StartVmRequest request, ServerCallContext context) =>
        ApplyAsync(request.Vm, new VmVerb.Start(request.Paused, request.DiscardSavedState), request, context);

    public override Task<LongRunning.Operation> ShutdownVm(V1.ShutdownVmRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var verb = new VmVerb.Shutdown(
            Timeout(request.Timeout, violations),
            new PolicyReader(violations).Fallback("fallback", request.Fallback));
        violations.ThrowIfAny();
        return ApplyAsync(request.Vm, verb, request, context);
    }

    public override Task<LongRunning.Operation> StopVm(V1.StopVmRequest request, ServerCallContext context) =>
        ApplyAsync(request.Vm, new VmVerb.Stop(request.Force), request, context);

    public override Task<LongRunning.Operation> RebootVm(V1.RebootVmRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var verb = new VmVerb.Reboot(Timeout(request.Timeout, violations));
        violations.ThrowIfAny();
        return ApplyAsync(request.Vm, verb, request, context);
    }

    public override Task<LongRunning.Operation> ResetVm(V1.ResetVmRequest request, ServerCallContext context) =>
        ApplyAsync(request.Vm, new VmVerb.Reset(), request, context);

    public override Task<LongRunning.Operation> PauseVm(V1.PauseVmRequest request, ServerCallContext context) =>
        ApplyAsync(request.Vm, new VmVerb.Pause(), request, context);

    public override Task<LongRunning.Operation> ResumeVm(V1.ResumeVmRequest request, ServerCallContext context) =>
        ApplyAsync(request.Vm, new VmVerb.Resume(), request, context);

    public override Task<LongRunning.Operation> SuspendVm(V1.SuspendVmRequest request, ServerCallContext context) =>
        ApplyAsync(request.Vm, new VmVerb.Suspend(), request, context);

    public override async Task<Empty> SendKeys(V1.SendKeysRequest request, ServerCallContext context)
    {
        var vm = registry.Get(Named(request.Vm));
        if (request.Keys.Count is 0 or > MostKeys || request.Keys.Any(key => key.Length is 0 or > 32))
        {
            throw RpcRefusal.Field("keys", $"1 to {MostKeys} names of QEMU's QKeyCode, for instance ctrl, alt, delete.");
        }

        var violations = new Violations();
        var hold = violations.Duration("hold", request.Hold, UsualHold);
        if (hold < TimeSpan.FromMilliseconds(1) || hold > LongestHold)
        {
            violations.Add("hold", "Out of range. Write 1 ms to 10 s, or leave it out for 100 ms.");
        }

        violations.ThrowIfAny();
        if (await FirstTimeAsync(vm, request, context))
        {
            try
            {
                await registry.Find(request.Vm).SendKeysAsync([.. request.Keys], hold, context.CancellationToken);
            }
            catch (VmException refused) when (refused.Reason is VmErrorReason.QemuRefused)
            {
                throw KeyRefusal.Of(request.Keys, refused.Message);
            }
        }

        return new Empty();
    }

    public override async Task<Empty> InjectNmi(V1.InjectNmiRequest request, ServerCallContext context)
    {
        if (await FirstTimeAsync(registry.Get(Named(request.Vm)), request, context))
        {
            await registry.Find(request.Vm).InjectNmiAsync(context.CancellationToken);
        }

        return new Empty();
    }

    public override async Task<V1.TakeScreenshotResponse> TakeScreenshot(V1.TakeScreenshotRequest request, ServerCallContext context)
    {
        var picture = await registry.Find(Named(request.Vm)).TakeScreenshotAsync(context.CancellationToken);
        return new V1.TakeScreenshotResponse
        {
            ContentType = "image/png",
            Image = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(picture.Image),
            Time = picture.Time.ToTimestamp(),
        };
    }

    // Keys and interrupts are no operations; they are put on record, and their request id with them, before they are sent.
    private Task<bool> FirstTimeAsync(VmSnapshot vm, Google.Protobuf.IMessage request, ServerCallContext context) =>
        vm.State is VmState.Running or VmState.Paused
            ? RequestRecord.WriteAsync(ledger, vm.Definition, MethodFacts.Of(context.Method).Name, Callers.Request(context, request))
            : throw new VmException(VmErrorReason.NotRunning, "The VM does not run; start it first.");

    private async Task<LongRunning.Operation> ApplyAsync(string vm, VmVerb verb, Google.Protobuf.IMessage request, ServerCallContext context) =>
        operations.Write(await registry.ApplyAsync(Named(vm), verb, Callers.Request(context, request), context.CancellationToken));

    private static TimeSpan? Timeout(Duration? timeout, Violations violations)
    {
        if (timeout is null)
        {
            return null;
        }

        var time = violations.Duration("timeout", timeout, TimeSpan.FromSeconds(1));
        if (time == TimeSpan.Zero || time > TimeSpan.FromDays(1))
        {
            violations.Add("timeout", "Out of range. Write more than nothing and at most 24 h, or leave it out for the spec's.");
        }

        return time;
    }
}
