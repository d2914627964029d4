using System.Collections.Immutable;
using Grpc.Net.Client;
using NodeAgent.Fleet;
using NodeAgent.Security;
using NodeAgent.Tls;

namespace NodeAgent.Sessions;

/// <summary>
/// A connection with a manager, used by a session and by the tunnels that were asked for in it. It lasts until the last of
/// them is done, so that a session can go over to a newer connection without cutting a tunnel; and it is cut when the
/// manager's certificate is no longer good.
/// </summary>
internal sealed class ManagerLine
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _life;
    private readonly RemoteConnections _open;
    private readonly List<IDisposable> _watched = [];
    private int _users = 1;
    private string _problem = "";

    /// <summary>Prepares one, which its maker uses; it connects with the first call.</summary>
    /// <param name="dial">Connects.</param>
    /// <param name="open">Where it is kept in view.</param>
    /// <param name="endpoint">"host:port".</param>
    /// <param name="credentials">What the node shows, and whom it trusts.</param>
    /// <param name="stopping">The agent leaves.</param>
    public ManagerLine(ManagerDial dial, RemoteConnections open, string endpoint, NodeCredentials credentials, CancellationToken stopping)
    {
        _open = open;
        Endpoint = endpoint;
        _life = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Channel = dial.Open(endpoint, credentials.Trust, credentials.Fleet, credentials, Met);
        Life = _life.Token;
    }

    /// <summary>"host:port".</summary>
    public string Endpoint { get; }

    public GrpcChannel Channel { get; }

    /// <summary>Its end.</summary>
    public CancellationToken Life { get; }

    /// <summary>Who answers, by certificate; empty before it is known.</summary>
    public ImmutableArray<HolderName> Names { get; private set; } = [];

    /// <summary>Why it is refused or was cut; empty when it was not.</summary>
    public string Problem => Volatile.Read(ref _problem);

    /// <summary>One more uses it.</summary>
    /// <returns>False when the last one has left it already.</returns>
    public bool Enter()
    {
        lock (_gate)
        {
            if (_users == 0)
            {
                return false;
            }

            _users++;
            return true;
        }
    }

    /// <summary>One does not use it any more.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (--_users > 0)
            {
                return;
            }
        }

        Channel.Dispose();
        _watched.ForEach(watched => watched.Dispose());
        _life.Dispose();
    }

    /// <summary>Ends it for all who use it.</summary>
    public void Cut(string why)
    {
        lock (_gate)
        {
            if (_users == 0)
            {
                return;
            }

            if (_problem.Length == 0)
            {
                Volatile.Write(ref _problem, why);
            }
        }

        try
        {
            _life.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The last one left in this moment.
        }
    }

    // Again, when what travels on it had to connect anew.
    private void Met(PeerVerdict verdict, PeerCertificate? peer)
    {
        if (!verdict.IsAccepted)
        {
            Volatile.Write(ref _problem, $"Who answers is not the fleet's manager: {verdict.Problem}.");
            return;
        }

        Names = verdict.Names;
        var watched = _open.Enter(new OpenConnection(Endpoint, peer!, why => Cut($"The manager's certificate is no longer good: {why}.")) { IsDialled = true });
        lock (_gate)
        {
            if (_users > 0)
            {
                _watched.Add(watched);
                return;
            }
        }

        watched.Dispose();
    }
}
