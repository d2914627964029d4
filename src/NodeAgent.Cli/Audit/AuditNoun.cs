using NodeAgent.Cli.Invocation;

namespace NodeAgent.Cli.Audit;

/// <summary>The commands about the audit log; a new one is a file and a line here.</summary>
internal static class AuditNoun
{
    /// <summary>The noun with its verbs.</summary>
    public static Noun Noun { get; } = new("audit", "Who did what on this node, from where, and what came of it.",
    [
        new("list", "List records, the newest last.", AuditList.Describe),
        new("watch", "Show records as they are written.", AuditWatch.Describe),
        new("verify", "Compute the chain of hashes anew and say where it is broken.", AuditVerify.Describe),
        new("head", "Show number and hash of the newest record, to keep elsewhere.", AuditHeadVerb.Describe),
    ]);
}
