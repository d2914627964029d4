using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using NodeAgent.Manager.V1;
using NodeAgent.Tests.Tls;

namespace NodeAgent.Tests.Fleet;

/// <summary>
/// A manager that is one by its certificate, and whose answers are a test's: messages as bytes, so that it can also say what
/// no library would send. Where the test says nothing it behaves.
/// </summary>
internal sealed class RawLeader : IAsyncDisposable
{
    private const int Head = 5;

    private readonly TestFleet _fleet;
    private readonly X509Certificate2 _certificate;
    private readonly WebApplication _app;
    private int _leases;

    private RawLeader(TestFleet fleet)
    {
        _fleet = fleet;
        _certificate = fleet.Issue(wish => wish with { Uris = [$"nodeagent://{TestFleet.Fleet}/manager/scripted"], Usages = [TestFleet.ServerUsage, TestFleet.ClientUsage] });
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = "/" });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(Handshake()) });
        }));
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    /// <summary>What it answers to calls of a method, by its name; a method that is not in it is answered as is proper.</summary>
    public Dictionary<string, Func<IEnumerable<byte[]>>> Script { get; } = [];

    /// <summary>Leases that were answered as is proper.</summary>
    public int Leases => Volatile.Read(ref _leases);

    public string Endpoint => new Uri(_app.Urls.Single()).Authority;

    public static async Task<RawLeader> StartAsync(TestFleet fleet)
    {
        var manager = new RawLeader(fleet);
        await manager._app.StartAsync(TestContext.Current.CancellationToken);
        return manager;
    }

    /// <summary>A token for this manager.</summary>
    public string Token() => TokenTexts.Write(new JoinToken
    {
        Endpoints = { Endpoint },
        CaPins = { ByteString.CopyFrom(SHA256.HashData(_fleet.Authority.PublicKey.ExportSubjectPublicKeyInfo())) },
        Secret = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32)),
        ExpireTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddHours(1)),
        FleetId = TestFleet.Fleet,
    });

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
        _certificate.Dispose();
    }

    private SslServerAuthenticationOptions Handshake() => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, null, offline: true),
        EnabledSslProtocols = SslProtocols.Tls13,
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = (_, shown, _, _) => shown is null or X509Certificate2,
    };

    private async Task ServeAsync(HttpContext context)
    {
        var method = context.Request.Path.Value!.Split('/')[^1];
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        if (Script.TryGetValue(method, out var script))
        {
            foreach (var answer in script())
            {
                await SayAsync(context, answer);
            }
        }
        else
        {
            await BehaveAsync(context, method);
        }

        context.Response.AppendTrailer("grpc-status", "0");
    }

    private async Task BehaveAsync(HttpContext context, string method)
    {
        while (await HearAsync(context.Request.BodyReader, context.RequestAborted) is { } message)
        {
            IMessage? answer = method switch
            {
                "GetTrustBundle" => Trust,
                "Enrol" => new EnrolResponse { Issued = Issue(EnrolRequest.Parser.ParseFrom(message)) },
                "OpenSession" => Reply(OpenSessionRequest.Parser.ParseFrom(message)),
                _ => null,
            };
            if (answer is not null)
            {
                await SayAsync(context, answer.ToByteArray());
            }
        }
    }

    private TrustBundle Trust => new() { CaCertificates = { ByteString.CopyFrom(_fleet.Authority.RawData) }, Version = 1 };

    private OpenSessionResponse? Reply(OpenSessionRequest said)
    {
        switch (said.ItemCase)
        {
            case OpenSessionRequest.ItemOneofCase.Hello:
                return new OpenSessionResponse { Welcome = new Welcome { LeaseInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)), ManagerId = "scripted" } };
            case OpenSessionRequest.ItemOneofCase.Lease:
                Interlocked.Increment(ref _leases);
                return new OpenSessionResponse { Lease = new LeaseAck { Sequence = said.Lease.Sequence } };
            case OpenSessionRequest.ItemOneofCase.Inventory:
                return new OpenSessionResponse { Inventory = new InventoryAck { Generation = said.Inventory.Generation } };
            default:
                return null;
        }
    }

    private Issued Issue(EnrolRequest request)
    {
        var wanted = CertificateRequest.LoadSigningRequest(request.CertificateRequest.ToByteArray(), HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri($"nodeagent://{TestFleet.Fleet}/node/{request.Node.NodeId}"));
        var issued = new CertificateRequest(new X500DistinguishedName("CN=node"), wanted.PublicKey, HashAlgorithmName.SHA256)
        {
            CertificateExtensions =
            {
                new X509BasicConstraintsExtension(false, false, 0, true),
                new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true),
                new X509EnhancedKeyUsageExtension([new Oid(TestFleet.ServerUsage), new Oid(TestFleet.ClientUsage)], false),
                names.Build(),
            },
        };
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = issued.Create(_fleet.Authority, now.AddDays(-1), now.AddDays(5), RandomNumberGenerator.GetBytes(12));
        return new Issued { CertificateChain = { ByteString.CopyFrom(certificate.RawData) }, Trust = Trust, FleetId = TestFleet.Fleet, Endpoints = { Endpoint } };
    }

    private static async Task SayAsync(HttpContext context, byte[] message)
    {
        var frame = new byte[Head + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame.AsSpan(Head));
        await context.Response.Body.WriteAsync(frame, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    // The next message of a call; null at its end.
    private static async Task<byte[]?> HearAsync(PipeReader body, CancellationToken cancellationToken)
    {
        var head = await ReadAsync(body, Head, cancellationToken);
        return head is null ? null : await ReadAsync(body, BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)), cancellationToken);
    }

    private static async Task<byte[]?> ReadAsync(PipeReader body, int count, CancellationToken cancellationToken)
    {
        var read = await body.ReadAtLeastAsync(count, cancellationToken);
        if (read.Buffer.Length < count)
        {
            return null;
        }

        var bytes = System.Buffers.BuffersExtensions.ToArray(read.Buffer.Slice(0, count));
        body.AdvanceTo(read.Buffer.GetPosition(count));
        return bytes;
    }
}
