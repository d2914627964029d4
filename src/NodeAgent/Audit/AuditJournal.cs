using System.Globalization;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Audit;

/// <summary>
/// Tells each record of the audit log to the agent's own log, with its number and hash: a journal that is kept elsewhere
/// then holds the head of the chain, out of reach of whoever gets at the ledger.
/// </summary>
internal sealed partial class AuditJournal(ILogger<AuditJournal> log)
{
    /// <summary>Follows a ledger's audit log.</summary>
    public void Follow(AuditLog audit)
    {
        LogHead(audit.Ends.Head.Sequence, audit.Ends.Head.Hash);
        audit.Added += Write;
    }

    private void Write(AuditRecord record)
    {
        var fact = record.Fact;
        var level = fact.Kind is AuditKind.Refusal ? LogLevel.Warning : LogLevel.Information;
        LogRecord(
            level, fact.Method + (fact.Kind is AuditKind.End ? " ended" : ""), fact.Subject.Length > 0 ? " " + fact.Subject : "",
            fact.Caller.Length > 0 ? fact.Caller : "somebody", fact.RequestId.Length > 0 ? $", request id '{fact.RequestId}'" : "",
            fact.Result, More(fact), fact.Source, record.Sequence, record.Hash, fact.Reason, fact.VmId, NameOf(fact), fact.OperationId, fact.RequestId, fact.Count);
    }

    // A caller may have asked by id.
    private static string? NameOf(AuditDraft fact) =>
        fact.VmId is null || fact.Subject.Length == 0 || Guid.TryParse(fact.Subject, out _) ? null : fact.Subject;

    private static string More(AuditDraft fact)
    {
        var text = fact.Detail.Length > 0 ? $": {fact.Detail}" : "";
        text += fact.OperationId is { } operation ? $"; operations/{operation}" : "";
        text += fact.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" ({fact.Count} times)") : "";
        return text;
    }

#pragma warning disable SYSLIB1015 // The rest are fields to look for, no part of the sentence.
    [LoggerMessage(Message = "{Method}{What} by {Caller}{Asked}: {Result}{More} (from {Source})")]
    private partial void LogRecord(
        LogLevel level, string method, string what, string caller, string asked, string result, string more, string source,
        long auditSequence, string auditHash, string reason, Guid? vmId, string? vmName, Guid? operationId, string requestId, long count);
#pragma warning restore SYSLIB1015

    [LoggerMessage(Level = LogLevel.Information, Message = "The audit log goes on after record {AuditSequence}, whose hash is {AuditHash}")]
    private partial void LogHead(long auditSequence, string auditHash);
}
