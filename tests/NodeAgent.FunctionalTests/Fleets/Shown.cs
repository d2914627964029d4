using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.FunctionalTests.Fleets;

/// <summary>Which certificate somebody shows who is dialled.</summary>
internal static class Shown
{
    /// <summary>The certificate's serial number; an address where nobody is let in throws.</summary>
    /// <param name="address">HOST:PORT.</param>
    /// <param name="client">What is shown in turn.</param>
    /// <param name="protocol">What is to be spoken inside.</param>
    public static async Task<string> SerialAtAsync(string address, X509Certificate2 client, SslApplicationProtocol protocol)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse(address), limit.Token);
        var serial = "";
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "node",
                ClientCertificates = [client],
                ApplicationProtocols = [protocol],
#pragma warning disable CA5359 // Which it is is the question; nothing is said to it.
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    serial = ((X509Certificate2)certificate!).SerialNumber;
                    return true;
                },
#pragma warning restore CA5359
            },
            limit.Token);
        return serial;
    }
}
