using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using ReferenceManager.Admin.V1;

namespace ReferenceManager.Commands;

/// <summary>The admin API over its socket.</summary>
internal sealed class AdminConnection : IDisposable
{
    private readonly GrpcChannel _channel;

    public AdminConnection(string path)
    {
        _channel = GrpcChannel.ForAddress("http://manager", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, stop) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    try
                    {
                        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
                        return new NetworkStream(socket, ownsSocket: true);
                    }
                    catch
                    {
                        socket.Dispose();
                        throw;
                    }
                },
            },
            DisposeHttpClient = true,
        });
        Invoker = _channel.CreateCallInvoker();
        Api = new AdminService.AdminServiceClient(Invoker);
    }

    /// <summary>For who wants to wrap calls.</summary>
    public CallInvoker Invoker { get; }

    public AdminService.AdminServiceClient Api { get; }

    public void Dispose() => _channel.Dispose();
}
