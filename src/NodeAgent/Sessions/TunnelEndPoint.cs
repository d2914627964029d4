using System.Net;

namespace NodeAgent.Sessions;

/// <summary>Where connections come in that a manager opens through its session.</summary>
internal sealed class TunnelEndPoint : EndPoint
{
    /// <inheritdoc/>
    public override string ToString() => "tunnel";
}
