namespace NodeAgent.Security;

/// <summary>What a ticket opens.</summary>
/// <param name="Kind">A console or a display.</param>
/// <param name="VmId">Whose.</param>
/// <param name="RunId">In which run of the VM; with it ends what was opened.</param>
/// <param name="ReadOnly">Whether its holder may look only.</param>
/// <param name="Issuer">Who had it made.</param>
internal sealed record TicketGrant(TicketKind Kind, Guid VmId, Guid RunId, bool ReadOnly, string Issuer);

/// <summary>What can be opened with a ticket.</summary>
internal enum TicketKind
{
    Console,
    Display,
}
