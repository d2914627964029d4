using System.Net.Sockets;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using NodeAgent.Configuration;
using NodeAgent.Health;

namespace NodeAgent.Tests.Hosting;

public sealed class AgentServerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_and_readiness_follow_the_agents_life()
    {
        await using var agent = await RunningAgent.StartUnreadyAsync();
        var health = new Grpc.Health.V1.Health.HealthClient(agent.Channel);

        (await health.CheckAsync(new HealthCheckRequest(), cancellationToken: Cancellation)).Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.NotServing);
        (await agent.ScrapeAsync("/healthz")).ShouldBe("ok\n");
        (await Should.ThrowAsync<HttpRequestException>(() => agent.ScrapeAsync("/readyz"))).StatusCode.ShouldBe(System.Net.HttpStatusCode.ServiceUnavailable);

        agent.Readiness.Advance(AgentPhase.Ready);

        (await health.CheckAsync(new HealthCheckRequest { Service = "nodeagent.v1.VmService" }, cancellationToken: Cancellation)).Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
        (await agent.ScrapeAsync("/readyz")).ShouldBe("ready\n");
    }

    [Fact]
    public async Task Calls_before_the_agent_is_ready_are_told_to_come_back()
    {
        await using var agent = await RunningAgent.StartUnreadyAsync();

        var error = await Should.ThrowAsync<RpcException>(async () => await new V1.VmService.VmServiceClient(agent.Channel).ListVmsAsync(new(), cancellationToken: Cancellation));

        error.StatusCode.ShouldBe(StatusCode.Unavailable);
        error.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason.ShouldBe("AGENT_STARTING");
        error.GetRpcStatus()!.GetDetail<RetryInfo>().ShouldNotBeNull();
    }

    [Fact]
    public async Task Reflection_of_both_versions_lists_every_service()
    {
        await using var agent = await RunningAgent.StartAsync();
        using var v1 = new Grpc.Reflection.V1.ServerReflection.ServerReflectionClient(agent.Channel).ServerReflectionInfo(cancellationToken: Cancellation);
        await v1.RequestStream.WriteAsync(new Grpc.Reflection.V1.ServerReflectionRequest { ListServices = "" }, Cancellation);
        await v1.ResponseStream.MoveNext(Cancellation);
        using var alpha = new Grpc.Reflection.V1Alpha.ServerReflection.ServerReflectionClient(agent.Channel).ServerReflectionInfo(cancellationToken: Cancellation);
        await alpha.RequestStream.WriteAsync(new Grpc.Reflection.V1Alpha.ServerReflectionRequest { ListServices = "" }, Cancellation);
        await alpha.ResponseStream.MoveNext(Cancellation);

        string[] expected =
        [
            "nodeagent.v1.NodeService", "nodeagent.v1.VmService", "nodeagent.v1.EventService", "nodeagent.v1.AuditService", "nodeagent.v1.FleetService", "google.longrunning.Operations",
            "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
        ];
        v1.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name).ShouldBe(expected, ignoreOrder: true);
        alpha.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name).ShouldBe(expected, ignoreOrder: true);
    }

    [Fact]
    public async Task The_metrics_address_serves_no_calls_and_the_socket_no_metrics()
    {
        await using var agent = await RunningAgent.StartAsync();
        using var http = new HttpClient();
        using var viaSocket = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(agent.SocketPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        {
            DefaultRequestVersion = new Version(2, 0),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        (await http.PostAsync(new Uri(agent.MetricsAddress, "/nodeagent.v1.VmService/ListVms"), null, Cancellation)).StatusCode.ShouldBe(System.Net.HttpStatusCode.MethodNotAllowed);
        (await http.GetAsync(new Uri(agent.MetricsAddress, "/nodeagent.v1.VmService/ListVms"), Cancellation)).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);
        (await viaSocket.GetAsync("http://localhost/metrics", Cancellation)).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_refused_and_the_agent_goes_on()
    {
        await using var agent = await RunningAgent.StartAsync();
        var vms = new V1.VmService.VmServiceClient(agent.Channel);

        var error = await Should.ThrowAsync<RpcException>(async () =>
            await vms.ListVmsAsync(new V1.ListVmsRequest { Filter = new string('x', 2 << 20) }, cancellationToken: Cancellation));

        error.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        (await vms.ListVmsAsync(new(), cancellationToken: Cancellation)).Vms.ShouldBeEmpty();
    }

    [Fact]
    public async Task Streams_beyond_the_limit_are_refused_and_their_places_come_back()
    {
        await using var agent = await RunningAgent.StartAsync(options => options with { Limits = options.Limits with { MaxStreams = 3 } });
        var vms = new V1.VmService.VmServiceClient(agent.Channel);
        var open = new List<AsyncServerStreamingCall<V1.WatchVmsResponse>>();
        for (var i = 0; i < 3; i++)
        {
            open.Add(vms.WatchVms(new(), cancellationToken: Cancellation));
            (await open[i].ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();
        }

        using (var fourth = vms.WatchVms(new(), cancellationToken: Cancellation))
        {
            var error = await Should.ThrowAsync<RpcException>(() => fourth.ResponseStream.MoveNext(Cancellation));
            error.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
            error.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason.ShouldBe("TOO_MANY_STREAMS");
        }

        open.ForEach(stream => stream.Dispose());
        await EventuallyAsync(async () =>
        {
            using var again = vms.WatchVms(new(), cancellationToken: Cancellation);
            return await again.ResponseStream.MoveNext(Cancellation);
        });
    }

    [Fact]
    public async Task Calls_beyond_the_rate_are_refused_with_when_to_come_back()
    {
        await using var agent = await RunningAgent.StartAsync(options => options with { Limits = options.Limits with { RequestsPerSecond = 5 } });
        var vms = new V1.VmService.VmServiceClient(agent.Channel);

        var error = await Should.ThrowAsync<RpcException>(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                await vms.ListVmsAsync(new(), cancellationToken: Cancellation);
            }
        });

        error.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason.ShouldBe("RATE_LIMITED");
        error.GetRpcStatus()!.GetDetail<RetryInfo>().ShouldNotBeNull();
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_closed_and_their_places_come_back()
    {
        await using var agent = await RunningAgent.StartAsync(options => options with { Limits = options.Limits with { MaxConnections = 4 } });
        var sockets = new List<Socket>();
        for (var i = 0; i < 4; i++)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            sockets.Add(socket);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(agent.SocketPath), Cancellation);
            // The client's preface, and the server's settings as the answer: it has let this one in.
            await socket.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"u8.ToArray(), Cancellation);
            (await socket.ReceiveAsync(new byte[64], Cancellation)).ShouldBeGreaterThan(0);
        }

        using (var fifth = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await fifth.ConnectAsync(new UnixDomainSocketEndPoint(agent.SocketPath), Cancellation);
            (await ReceiveOrZeroAsync(fifth)).ShouldBe(0);
        }

        (await agent.ScrapeAsync()).ShouldContain("nodeagent_build_info");
        sockets.ForEach(socket => socket.Dispose());
        await EventuallyAsync(async () => (await new V1.VmService.VmServiceClient(agent.Channel).ListVmsAsync(new(), cancellationToken: Cancellation)).Vms.Count == 0);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff")]
    [InlineData("\x16\x03\x01 something else altogether\r\n\r\n")]
    public async Task Garbage_ends_its_own_connection_only(string garbage)
    {
        await using var agent = await RunningAgent.StartAsync();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(agent.SocketPath), Cancellation);

        await socket.SendAsync(System.Text.Encoding.Latin1.GetBytes(garbage + new string('\0', 1000)), Cancellation);
        while (await ReceiveOrZeroAsync(socket) > 0)
        {
        }

        (await new V1.VmService.VmServiceClient(agent.Channel).ListVmsAsync(new(), cancellationToken: Cancellation)).Vms.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stop_ends_streams_and_waits_for_nobody_who_does_not_read()
    {
        var agent = await RunningAgent.StartAsync(options => options with { StopTimeout = TimeSpan.FromSeconds(20) });
        var watch = new V1.VmService.VmServiceClient(agent.Channel).WatchVms(new(), cancellationToken: Cancellation);
        await watch.ResponseStream.MoveNext(Cancellation);
        // The health service's stream is the library's and knows nothing of our stop.
        var health = new Grpc.Health.V1.Health.HealthClient(agent.Channel).Watch(new HealthCheckRequest(), cancellationToken: Cancellation);
        await health.ResponseStream.MoveNext(Cancellation);

        var stopping = agent.StopAsync();
        var error = await Should.ThrowAsync<RpcException>(() => watch.ResponseStream.MoveNext(Cancellation));
        await stopping.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);

        error.StatusCode.ShouldBe(StatusCode.Unavailable);
        error.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason.ShouldBe("AGENT_STOPPING");
        File.Exists(agent.SocketPath).ShouldBeFalse();
        await agent.DisposeAsync();
    }

    [Theory]
    [InlineData("nodeagent.v1.VmService", "Levitate")]
    [InlineData("nodeagent.v1.vmservice", "listvms")]
    [InlineData("nodeagent.v1.VmService", "ListVms/")]
    [InlineData("nodeagent.Metrics", "Scrape")]
    public async Task A_method_that_is_not_there_is_unimplemented(string service, string name)
    {
        await using var agent = await RunningAgent.StartAsync();
        var method = new Method<V1.ListVmsRequest, V1.ListVmsResponse>(
            MethodType.Unary, service, name,
            Marshallers.Create(_ => [], _ => new V1.ListVmsRequest()), Marshallers.Create(_ => [], _ => new V1.ListVmsResponse()));

        var error = await Should.ThrowAsync<RpcException>(async () =>
            await agent.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(cancellationToken: Cancellation), new()));

        error.StatusCode.ShouldBe(StatusCode.Unimplemented);
        error.Status.Detail.ShouldBe($"There is no method /{service}/{name}.");
    }

    private static async Task<int> ReceiveOrZeroAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[4096], Cancellation);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    // The other side sees the end of a stream or a connection a moment after this one.
    private static async Task EventuallyAsync(Func<Task<bool>> isSo)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        while (true)
        {
            try
            {
                if (await isSo())
                {
                    return;
                }
            }
            catch (RpcException) when (!patience.IsCancellationRequested)
            {
                // Not yet.
            }

            await Task.Delay(20, patience.Token);
        }
    }
}
