using System.Net.Sockets;
using Grpc.Core;
using NodeAgent.Cli.Transport;

namespace NodeAgent.Tests.Cli.Transport;

public sealed class ConnectionLossTest
{
    [Fact]
    public void An_agent_that_closes_in_the_middle_of_a_call_has_gone_away()
    {
        ConnectionLoss.Is(new RpcException(new Status(StatusCode.Unavailable, "")))
            .ShouldBeTrue();
        ConnectionLoss.Is(new RpcException(new Status(StatusCode.Internal, "", new HttpProtocolException(0, "closed", null)))).ShouldBeTrue();
        ConnectionLoss.Is(new RpcException(new Status(StatusCode.Internal, "", new InvalidOperationException("", new SocketException())))).ShouldBeTrue();
    }

    [Fact]
    public void An_agent_that_answers_with_an_error_is_there()
    {
        ConnectionLoss.Is(new RpcException(new Status(StatusCode.Internal, "a bug"))).ShouldBeFalse();
        ConnectionLoss.Is(new RpcException(new Status(StatusCode.NotFound, ""))).ShouldBeFalse();
    }
}
