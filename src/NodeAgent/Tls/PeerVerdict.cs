using System.Collections.Immutable;
using NodeAgent.Security;

namespace NodeAgent.Tls;

/// <summary>What the certificate of the other end is worth.</summary>
/// <param name="Names">What it says of its holder, within our fleet; empty when it is refused.</param>
/// <param name="Problem">Why it is refused, in words that continue "a connection was refused:"; empty when it is not.</param>
internal sealed record PeerVerdict(ImmutableArray<HolderName> Names, string Problem)
{
    /// <summary>Whether it may go on.</summary>
    public bool IsAccepted => Problem.Length == 0;

    /// <summary>It is good.</summary>
    public static PeerVerdict Accept(ImmutableArray<HolderName> names) => new(names, "");

    /// <summary>It is not.</summary>
    public static PeerVerdict Refuse(string problem) => new([], problem);
}
