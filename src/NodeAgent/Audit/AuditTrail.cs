using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Security;

namespace NodeAgent.Audit;

/// <summary>
/// Puts on record what is not part of a change in the ledger: changes elsewhere, and refusals. What was done is waited
/// for; a refusal is not, and costs next to nothing when it is repeated.
/// </summary>
/// <param name="ledger">The ledger, which is opened while the listeners are built.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where is told what could not be put on record.</param>
internal sealed partial class AuditTrail(Func<NodeLedger> ledger, TimeProvider time, ILogger<AuditTrail> log) : IDisposable
{
    private readonly RefusalTally _refusals = new(time);
    private long _failures;

    /// <summary>Records that could not be written, and are not waiting to be.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Now, for a record.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Records something that was done. Durable when this returns, or in the hands of a ledger whose disk takes nothing.</summary>
    /// <param name="fact">What.</param>
    /// <param name="entry">The call that waits to be on record.</param>
    public async Task DoneAsync(AuditDraft fact, AuditEntry? entry = null)
    {
        try
        {
            if (await ledger().RecordAsync(new LedgerBatch(new AppendAudit(fact) { Entry = entry })) is DeferredCommit)
            {
                LogDeferred(fact.Method, fact.Subject, fact.Caller, fact.Source, fact.Result);
            }
        }
        catch (LedgerException lost)
        {
            Interlocked.Increment(ref _failures);
            LogLost(fact.Method, fact.Subject, fact.Caller, fact.Source, fact.Result, lost);
        }
    }

    /// <summary>Records a refusal, without waiting. Repeats of it are counted and told together.</summary>
    public void Refused(AuditDraft refusal) => _refusals.Add(refusal, Write);

    /// <summary>Records the refusal of a connection, or of a call of which only the headers are known.</summary>
    /// <param name="caller">Whose it is; <c>null</c> when nobody knows.</param>
    /// <param name="source">From where.</param>
    /// <param name="method">"handshake", "connection", "VmService/StartVm".</param>
    /// <param name="result">A gRPC code: "PERMISSION_DENIED".</param>
    /// <param name="detail">Why.</param>
    public void Refused(Caller? caller, string source, string method, string result, string detail) => Refused(new AuditDraft(Now, AuditKind.Refusal)
    {
        Caller = caller?.Identity ?? "",
        Source = source,
        Method = method,
        Result = result,
        Detail = detail,
    });

    /// <summary>Records the repeats that were counted so far: nothing comes any more.</summary>
    public void Flush() => _refusals.Flush(Write);

    public void Dispose() => _refusals.Dispose();

    private void Write(AuditDraft fact) => _ = DoneAsync(fact);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not on record yet, because the ledger takes nothing: {Method} {Subject} by {Caller} ({Source}): {Result}")]
    private partial void LogDeferred(string method, string subject, string caller, string source, string result);

    [LoggerMessage(Level = LogLevel.Error, Message = "Not on record: {Method} {Subject} by {Caller} ({Source}): {Result}")]
    private partial void LogLost(string method, string subject, string caller, string source, string result, Exception error);
}
