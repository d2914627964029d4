namespace NodeAgent.Security;

/// <summary>A ticket does not open what it was presented for.</summary>
internal sealed class TicketException(TicketReason reason, string message) : Exception(message)
{
    public TicketReason Reason { get; } = reason;

    /// <summary>With the reason's usual words.</summary>
    public TicketException(TicketReason reason)
        : this(reason, Words(reason))
    {
    }

    private static string Words(TicketReason reason) => reason switch
    {
        TicketReason.Unknown => "There is no such ticket: it is not whole, or was made before the agent's last start.",
        TicketReason.Expired => "The ticket has expired: nobody presented it in time.",
        TicketReason.Used => "The ticket was used before; it opens something once.",
        TicketReason.Void => "The ticket is void: the run of the VM that it was made for has ended.",
        TicketReason.Mismatch => "The ticket is for something else.",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}

/// <summary>Why a ticket opens nothing. Each has a row in docs/errors.md, with TICKET_ before its name.</summary>
internal enum TicketReason
{
    /// <summary>Nobody made it, or that was so long ago, or in another life of the agent, that it was forgotten.</summary>
    Unknown,

    /// <summary>Its time was over.</summary>
    Expired,

    /// <summary>It was presented before.</summary>
    Used,

    /// <summary>The VM's run has ended, or the VM was deleted.</summary>
    Void,

    /// <summary>It is for another VM, for a console instead of a display, or to look only.</summary>
    Mismatch,
}
