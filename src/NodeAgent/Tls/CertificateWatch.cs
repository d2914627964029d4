namespace NodeAgent.Tls;

/// <summary>Sees to it that time and changes count for connections that are open already: what is revoked or ends is cut.</summary>
internal sealed class CertificateWatch(CredentialStore credentials, RemoteConnections connections, TimeProvider time)
{
    // The clock may be set meanwhile, so no timer is set for the end of a certificate.
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Watches until the agent leaves.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var watching = credentials.Observe(connections.Review);
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            connections.Review();
        }
    }
}
