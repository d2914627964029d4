using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Tests.Hypervisor.Ledger;

/// <summary>Rows and ledgers as the tests of this folder need them.</summary>
internal static class LedgerSample
{
    public static DateTimeOffset Noon { get; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Options under which nothing is too old, whatever the clock says.</summary>
    public static LedgerOptions Options(TemporaryDirectory directory) => Options(directory.Path);

    public static LedgerOptions Options(string stateDirectory) => new()
    {
        StateDirectory = stateDirectory,
        EventAge = TimeSpan.FromDays(36_500),
        OperationAge = TimeSpan.FromDays(36_500),
    };

    public static LedgerOpenResult TryOpen(LedgerOptions options, TimeProvider? time = null) =>
        NodeLedger.Open(options, time ?? TimeProvider.System, NullLogger.Instance);

    public static LedgerOpened Open(LedgerOptions options, TimeProvider? time = null) =>
        TryOpen(options, time).ShouldBeOfType<LedgerOpened>();

    public static LedgerOpened Open(TemporaryDirectory directory) => Open(Options(directory));

    public static VmRow Vm(int n, string? spec = null) => new(
        Id(n), $"vm-{n}", spec ?? $$"""{"name":"vm-{{n}}","memory":{{n}}}""", 1, $"etag-{n}", Noon, Noon.AddTicks(n));

    public static RunRow Run(int n, int vm) => new(Id(1_000 + n), Id(vm), $$"""{"pid":{{n}}}""", Noon);

    public static IntentRow Intent(int vm, int operation) =>
        new(Id(vm), "start", Id(2_000 + operation), Id(1_000 + vm), "begun", Noon);

    public static OperationRow Operation(int n, OperationState state = OperationState.Running) => new(
        n, Id(2_000 + n), Id(n), "StartVm", state, "begun", 0, false, null, null, Noon, Noon,
        state == OperationState.Running ? null : Noon.AddMinutes(1), $"request-{n}", "uid:0", 1);

    public static KeyRow Key(string requestId, int operation, string fingerprint = "f", DateTimeOffset? at = null) =>
        new("uid:0", requestId, "StartVm", fingerprint, Id(2_000 + operation), null, at ?? Noon);

    public static AppendEvent Event(int n, string kind = "vm.started", int? vm = null) =>
        new(new EventDraft(Noon.AddSeconds(n), kind, vm is { } id ? Id(id) : null, $$"""{"n":{{n}}}"""));

    public static Guid Id(int n) => new(n, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]);

    public static async Task<DurableCommit> CommitAsync(this NodeLedger ledger, params LedgerWrite[] writes) =>
        (await ledger.CommitAsync(new LedgerBatch(writes))).ShouldBeOfType<DurableCommit>();

    public static async Task<LedgerRefusal> RefusalAsync(this NodeLedger ledger, params LedgerWrite[] writes) =>
        (await ledger.CommitAsync(new LedgerBatch(writes))).ShouldBeOfType<RefusedCommit>().Refusal;

    public static async Task<EventPage> ReadAllAsync(this EventLog log, EventToken? after = null) =>
        (await log.ReadAsync(after, EventFilter.All, 1_000, Cancellation)).ShouldBeOfType<EventPage>();
}
