using System.Net.Security;

namespace NodeAgent.Cli.Transport;

/// <summary>
/// A connection to a node elsewhere, which notices that the node ended it before it said a word. With TLS 1.3 the
/// handshake is over for the client before the server has looked at the client's certificate, and so a refusal is seen
/// only as the end, or as an alert, where the first words should be (RFC 8446, section 4.6 and appendix E).
/// </summary>
internal sealed class NodeStream(Stream inner, SslClientAuthenticationOptions options, Action onRefused) : SslStream(inner, leaveInnerStreamOpen: false)
{
    private bool _heard;

    /// <summary>The handshake.</summary>
    public Task AuthenticateAsync(CancellationToken cancellation) => AuthenticateAsClientAsync(options, cancellation);

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var count = await base.ReadAsync(buffer, cancellationToken);
            Note(count > 0 || buffer.IsEmpty);
            _heard |= count > 0;
            return count;
        }
        catch (IOException)
        {
            Note(good: false);
            throw;
        }
    }

    private void Note(bool good)
    {
        if (!good && !_heard)
        {
            onRefused();
        }
    }
}
