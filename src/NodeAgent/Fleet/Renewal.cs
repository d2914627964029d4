using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using NodeAgent.Manager.V1;
using NodeAgent.Tls;

namespace NodeAgent.Fleet;

/// <summary>
/// Gets the next certificate when two thirds of the present one's life are over, or when the manager says so; also when it
/// has ended, because the request is proven by the old key and needs no valid certificate.
/// </summary>
internal sealed partial class Renewal(MembershipStore store, CredentialStore credentials, NodePortrait portrait, TimeProvider time, ILogger<Renewal> log)
{
    // The clock may be set while we wait, so no wait is for longer than this.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1), Shortest = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromSeconds(15);

    private readonly ManagerDial _dial = new(time);
    private readonly SemaphoreSlim _wanted = new(0, 1);
    private string _problem = "";

    /// <summary>Why the last attempt failed; empty when it did not.</summary>
    public string Problem => Volatile.Read(ref _problem);

    /// <summary>When a certificate is to be renewed.</summary>
    public static DateTimeOffset DueTime(NodeCredentials credentials) => credentials.NotBefore + ((credentials.NotAfter - credentials.NotBefore) * 2 / 3);

    /// <summary>Asks for a renewal now.</summary>
    public void Want()
    {
        try
        {
            _wanted.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is wanted already.
        }
    }

    /// <summary>Renews whenever it is due, until the agent leaves.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var wanted = await WaitAsync(cancellationToken);
            if (store.Current is { } member && credentials.Current is { } now && (wanted || time.GetUtcNow() >= DueTime(now)))
            {
                await RenewAsync(member, now, cancellationToken);
            }
        }
    }

    private Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        var left = store.Current is not null && credentials.Current is { } now && Problem.Length == 0 ? DueTime(now) - time.GetUtcNow() : Longest;
        return _wanted.WaitAsync(left > Longest ? Longest : left < Shortest ? Shortest : left, cancellationToken);
    }

    private async Task RenewAsync(FleetMembership member, NodeCredentials now, CancellationToken cancellationToken)
    {
        using var oldKey = now.Certificate.GetECDsaPrivateKey()!;
        using var key = NodeKey.Make();
        var request = NodeKey.RequestFor(key, portrait.NodeId);
        var problem = "";
        foreach (var endpoint in member.Endpoints)
        {
            try
            {
                using var channel = _dial.Open(endpoint, now.Trust, member.FleetId, null, verdict => problem = verdict.Problem.Length == 0 ? problem : $"{endpoint}: {verdict.Problem}");
                var answer = await new EnrolmentService.EnrolmentServiceClient(channel).RenewAsync(
                    new RenewRequest
                    {
                        NodeId = portrait.NodeId.ToString("D"),
                        Certificate = Google.Protobuf.ByteString.CopyFrom(now.Certificate.RawData),
                        CertificateRequest = Google.Protobuf.ByteString.CopyFrom(request),
                        Signature = Google.Protobuf.ByteString.CopyFrom(NodeKey.SignRenewal(oldKey, request)),
                    },
                    deadline: time.GetUtcNow().UtcDateTime + Patience,
                    cancellationToken: cancellationToken);

                // Left meanwhile.
                if (store.Current is not null)
                {
                    store.Install(answer.Issued, key);
                    credentials.Reload();
                    LogRenewed(endpoint, credentials.Current?.NotAfter ?? default);
                }

                Volatile.Write(ref _problem, "");
                return;
            }
            catch (RpcException failed) when (!cancellationToken.IsCancellationRequested)
            {
                problem = problem.Length > 0 ? problem : $"{endpoint}: {failed.Status.Detail}";
            }
            catch (Exception wrong) when (wrong is CryptographicException or IOException or UnauthorizedAccessException)
            {
                problem = $"{endpoint}: {wrong.Message}";
            }
        }

        Volatile.Write(ref _problem, problem);
        LogFailed(problem);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The node's certificate was renewed by {Endpoint}; it is good until {NotAfter:u}")]
    private partial void LogRenewed(string endpoint, DateTimeOffset notAfter);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The node's certificate could not be renewed, and will be tried again: {Problem}")]
    private partial void LogFailed(string problem);
}
