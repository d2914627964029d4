using Google.Rpc;
using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>A client that asks too much is refused in words that help it, and nobody else feels it.</summary>
public sealed class LimitTests
{
    private const int PerSecond = 20;

    [Fact]
    public async Task Message_over_the_limit_is_refused_and_the_next_one_served()
    {
        await using var agent = await StartAsync("max_message_bytes = 64KiB");
        var vm = Guest.Empty("large");
        vm.Spec.Kernel = new DirectKernel { KernelPath = "/vmlinuz", Cmdline = new string('x', 100 * 1024) };

        var refusal = await Should.ThrowAsync<RpcException>(() => agent.Client.CreateAsync(vm));

        refusal.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        (await agent.Client.ListAsync()).ShouldBeEmpty();
        await agent.Client.CreateAsync(Guest.Empty("small"));
    }

    [Fact]
    public async Task Stream_too_many_is_refused_until_one_ends()
    {
        const int Limit = 3;
        await using var agent = await StartAsync($"max_streams = {Limit}");
        using var other = new AgentClient(agent.Socket);
        var open = new List<AsyncServerStreamingCall<WatchVmsResponse>>();
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        try
        {
            for (var count = 0; count < Limit; count++)
            {
                open.Add(agent.Client.Vms.WatchVms(new WatchVmsRequest()));
                (await open[^1].ResponseStream.MoveNext(limit.Token)).ShouldBeTrue();
            }

            // The user counts, not the connection.
            var refusal = await Should.ThrowAsync<RpcException>(() => WatchOnceAsync(other));
            refusal.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
            Reason(refusal).ShouldBe("TOO_MANY_STREAMS");
            refusal.GetRpcStatus()!.GetDetail<QuotaFailure>().ShouldNotBeNull();
            (await other.ListAsync()).ShouldBeEmpty();
        }
        finally
        {
            open.ForEach(call => call.Dispose());
        }

        while (!await IsServedAsync(other))
        {
            await Task.Delay(20, limit.Token);
        }
    }

    [Fact]
    public async Task Caller_over_its_rate_is_told_when_to_come_back()
    {
        await using var agent = await StartAsync($"requests_per_second = {PerSecond}");

        var refusal = await UntilLimitedAsync(agent);

        refusal.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        Reason(refusal).ShouldBe("RATE_LIMITED");
        var wait = refusal.GetRpcStatus()!.GetDetail<RetryInfo>().ShouldNotBeNull().RetryDelay.ToTimeSpan();
        wait.ShouldBeInRange(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(5));
        await Task.Delay(wait, TestContext.Current.CancellationToken);
        await agent.Client.Vms.ListVmsAsync(new ListVmsRequest());
        await RestAsync();
    }

    [Fact]
    public async Task Another_user_is_served_while_one_is_over_its_rate()
    {
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/usr/bin/setpriv"), "only root can be somebody else, with setpriv");
        await using var agent = await StartAsync($"requests_per_second = {PerSecond}");
        var program = Path.Combine(agent.Root, "nodectl");
        File.Copy(Artifacts.Nodectl, program);
        // The way to the socket is opened to the other user; its mode would keep it out.
        File.SetUnixFileMode(agent.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(agent.RunDirectory, File.GetUnixFileMode(agent.RunDirectory) | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(agent.Socket, File.GetUnixFileMode(agent.Socket) | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);

        using var enough = new CancellationTokenSource();
        var flood = FloodAsync(agent, enough.Token);
        var command = await Command.RunAsync(
            "/usr/bin/setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", program, "vm", "list", "-o", "json", "--host", $"unix:{agent.Socket}"]);
        await enough.CancelAsync();

        (await flood).ShouldBeGreaterThan(0, "our own user was over its rate meanwhile");
        command.Succeeded().ShouldContain("\"vms\": []");
        await RestAsync();
    }

    private static Task<Agent> StartAsync(string limits) =>
        Agent.StartAsync(new AgentConfiguration { More = new Dictionary<string, string> { ["limits"] = limits } });

    private static string Reason(RpcException error) => error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? "";

    private static async Task WatchOnceAsync(AgentClient client)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        using var watch = client.Vms.WatchVms(new WatchVmsRequest());
        await watch.ResponseStream.MoveNext(limit.Token);
    }

    private static async Task<bool> IsServedAsync(AgentClient client)
    {
        try
        {
            await WatchOnceAsync(client);
            return true;
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.ResourceExhausted)
        {
            return false;
        }
    }

    private static async Task<RpcException> UntilLimitedAsync(Agent agent)
    {
        for (var call = 0; call < 100 * PerSecond; call++)
        {
            try
            {
                await agent.Client.Vms.ListVmsAsync(new ListVmsRequest());
            }
            catch (RpcException error)
            {
                return error;
            }
        }

        throw new TimeoutException("Nobody minded.");
    }

    // Gives how often it was refused.
    private static async Task<int> FloodAsync(Agent agent, CancellationToken cancellationToken)
    {
        var refused = 0;
        do
        {
            (await UntilLimitedAsync(agent)).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
            refused++;
        }
        while (!cancellationToken.IsCancellationRequested);

        return refused;
    }

    // What clears up after a test makes calls too, and needs a bucket with something in it.
    private static Task RestAsync() => Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
}
