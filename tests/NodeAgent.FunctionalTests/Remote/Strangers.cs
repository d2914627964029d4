using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.FunctionalTests.Remote;

/// <summary>What those do who have no certificate of the fleet, from an address of their own.</summary>
internal sealed class Strangers(Fleet fleet)
{
    // The begin of a ClientHello (RFC 8446, 5.1 and 4.1.2) of 512 bytes, of which the rest does not come.
    private static readonly byte[] Begin = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03];

    private static readonly IPEndPoint Here = new(IPAddress.Parse("127.66.6.6"), 0);

    private int _ended;

    /// <summary>How many of them the node has sent away.</summary>
    public int Ended => Volatile.Read(ref _ended);

    /// <summary>Each opens a connection, says a byte of a handshake now and then, and opens another when it is sent away.</summary>
    public async Task DawdleAsync(int count, Task until)
    {
        await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
        {
            while (!until.IsCompleted)
            {
                await HoldAsync(until);
            }
        }));
    }

    /// <summary>Connections one after the other that send noise.</summary>
    public Task NoiseAsync(int count) => Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 24 }, async (_, stop) =>
    {
        try
        {
            using var socket = await ConnectAsync();
            await socket.SendAsync(RandomNumberGenerator.GetBytes(200));
            await socket.ReceiveAsync(new byte[1]).WaitAsync(TimeSpan.FromSeconds(20), stop);
        }
        catch (SocketException)
        {
            // Sent away.
        }

        Interlocked.Increment(ref _ended);
    });

    /// <summary>Whole handshakes with a certificate that no authority of the fleet has issued.</summary>
    public async Task HandshakesAsync(int count)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=stranger", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) =>
        {
            try
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
                await using var tls = new SslStream(new NetworkStream(await ConnectAsync(), ownsSocket: true));
                await tls.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions
                    {
                        TargetHost = "node",
                        ClientCertificates = [certificate],
                        ApplicationProtocols = [SslApplicationProtocol.Http2],
                        RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
                    },
                    limit.Token);

                // A client of TLS 1.3 is done before the server has looked at its certificate.
                (await tls.ReadAsync(new byte[1], limit.Token)).ShouldBe(0);
            }
            catch (Exception refused) when (refused is IOException or SocketException or AuthenticationException)
            {
                // As it should be.
            }

            Interlocked.Increment(ref _ended);
        });
    }

    private async Task HoldAsync(Task until)
    {
        try
        {
            using var socket = await ConnectAsync();
            var end = socket.ReceiveAsync(new byte[1]);
            for (var sent = 0; !end.IsCompleted && !until.IsCompleted; sent++)
            {
                await socket.SendAsync(sent < Begin.Length ? Begin.AsMemory(sent, 1) : new byte[1]);
                await Task.WhenAny(end, until, Task.Delay(100));
            }

            if (end.IsCompleted)
            {
                Interlocked.Increment(ref _ended);
                await end;
            }
        }
        catch (SocketException)
        {
            // Sent away. It takes a breath before it is here again, because who is refused at once would mostly keep the processor.
            await Task.WhenAny(until, Task.Delay(20));
        }
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(Here);
            await socket.ConnectAsync(IPEndPoint.Parse(fleet.Address));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
