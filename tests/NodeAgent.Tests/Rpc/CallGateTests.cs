using Google.Rpc;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Audit;
using NodeAgent.Configuration;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Metrics;
using NodeAgent.Rpc;
using NodeAgent.Security;

namespace NodeAgent.Tests.Rpc;

public sealed class CallGateTests
{
    private const int AtOnce = 32, Waiting = 512, MaxStreams = 5;

    private static readonly AuditTrail Trail = new(static () => throw new LedgerException(LedgerReason.Closed, "none"), TimeProvider.System, NullLogger<AuditTrail>.Instance);

    private readonly CallGate _gate = new(
        new LiveOptions(new AgentOptions { Limits = new LimitOptions { MaxStreams = MaxStreams } }),
        new RpcMetrics(new MetricsRegistry()), Trail, TimeProvider.System, NullLogger<CallGate>.Instance);
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;

    [Fact]
    public async Task Some_calls_of_a_caller_are_worked_on_some_wait_and_the_rest_is_refused()
    {
        var calls = Enumerable.Range(0, AtOnce + Waiting).Select(_ => CallAsync("mallory").Call).ToList();
        _begun.ShouldBe(AtOnce);

        var (refused, context) = CallAsync("mallory");
        await refused;

        context.Response.Headers["grpc-status"].ToString().ShouldBe("8");
        Uri.UnescapeDataString(context.Response.Headers["grpc-message"].ToString()).ShouldStartWith("mallory has 544 calls under way");
        _go.SetResult();
        await Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        _begun.ShouldBe(AtOnce + Waiting);
    }

    [Fact]
    public async Task Another_caller_and_what_is_a_stream_are_not_held_up()
    {
        var calls = Enumerable.Range(0, AtOnce + 1).Select(_ => CallAsync("mallory").Call).ToList();

        calls.Add(CallAsync("bob").Call);
        calls.Add(CallAsync("mallory", "/nodeagent.v1.VmService/WatchVms").Call);
        calls.Add(CallAsync("mallory", "/grpc.health.v1.Health/Check").Call);

        _begun.ShouldBe(AtOnce + 3);
        _go.SetResult();
        await Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Streams_take_their_places_before_anything_of_them_is_read_and_give_them_back()
    {
        const string watch = "/nodeagent.v1.VmService/WatchVms";
        string[] kinds = [watch, "/google.longrunning.Operations/WaitOperation", "/grpc.health.v1.Health/Watch", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"];
        var calls = Enumerable.Range(0, MaxStreams).Select(number => CallAsync("mallory", kinds[number % kinds.Length]).Call).ToList();
        _begun.ShouldBe(MaxStreams);

        foreach (var kind in kinds)
        {
            var (refused, context) = CallAsync("mallory", kind);
            await refused;
            var status = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(context.Response.Headers["grpc-status-details-bin"].ToString()));
            status.GetDetail<ErrorInfo>().ShouldNotBeNull().Reason.ShouldBe("TOO_MANY_STREAMS");
            status.Message.ShouldBe("mallory has 5 streams open, as many as [limits] max_streams allows; end one first.");
        }

        _begun.ShouldBe(MaxStreams);
        calls.Add(CallAsync("mallory").Call);
        calls.Add(CallAsync("mallory", "/grpc.health.v1.Health/Check").Call);
        calls.Add(CallAsync("bob", watch).Call);
        _begun.ShouldBe(MaxStreams + 3);

        _go.SetResult();
        await Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await CallAsync("mallory", watch).Call;
        _begun.ShouldBe(MaxStreams + 4);
    }

    [Fact]
    public async Task Health_is_asked_for_so_many_times_at_once_too()
    {
        var calls = Enumerable.Range(0, AtOnce + 1).Select(_ => CallAsync("mallory", "/grpc.health.v1.Health/Check").Call).ToList();

        _begun.ShouldBe(AtOnce);
        _go.SetResult();
        await Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        _begun.ShouldBe(AtOnce + 1);
    }

    [Fact]
    public async Task Caller_that_goes_away_while_it_waits_leaves_the_line()
    {
        var calls = Enumerable.Range(0, AtOnce).Select(_ => CallAsync("mallory").Call).ToList();
        using var gone = new CancellationTokenSource();
        var (waiting, _) = CallAsync("mallory", gone: gone);

        await gone.CancelAsync();

        await waiting.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        _begun.ShouldBe(AtOnce);
        _go.SetResult();
        await Task.WhenAll(calls);
    }

    private (Task Call, HttpContext Context) CallAsync(string identity, string method = "/nodeagent.v1.VmService/ListVms", CancellationTokenSource? gone = null)
    {
        var context = new DefaultHttpContext { RequestAborted = gone?.Token ?? CancellationToken.None };
        context.Request.Path = method;
        context.Features.Set(new Caller(identity, "test"));
        return (_gate.ServeAsync(context, _ =>
        {
            Interlocked.Increment(ref _begun);
            return _go.Task;
        }), context);
    }
}
