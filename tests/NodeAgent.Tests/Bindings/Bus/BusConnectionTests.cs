using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NodeAgent.Bindings.Bus;

namespace NodeAgent.Tests.Bindings.Bus;

public sealed class BusConnectionTests
{
    private static readonly (string, string, string) PrepareForShutdown =
        ("/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForShutdown");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void A_library_that_is_not_there_is_found_missing_without_a_crash() =>
        LibSystemd.CanLoad("libsystemd-of-nobody.so.9").ShouldBeFalse();

    [Fact]
    public async Task A_request_without_an_answer_ends_with_its_time()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var service = new BusService(bus, Systemd1.Name);
        var time = new FakeTimeProvider();
        await using var connection = bus.Open(time, TimeSpan.FromMinutes(1));
        var asked = new Systemd1(connection).ResetFailedUnitAsync("x.service", Ct);
        var call = await service.NextAsync("ResetFailedUnit");

        time.Advance(TimeSpan.FromSeconds(59));
        asked.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));

        var failure = await Should.ThrowAsync<BusException>(asked);
        failure.Failure.ShouldBe(BusFailure.TimedOut);
        failure.MayHaveRun.ShouldBeTrue();

        // The answer that comes too late bothers nobody.
        service.Answer(call, static _ => { });
        var next = new Systemd1(connection).KillUnitAsync("x.service", "main", 15, Ct);
        service.Answer(await service.NextAsync("KillUnit"), static _ => { });
        await next.WaitAsync(PrivateBus.Long, Ct);
    }

    [Fact]
    public async Task A_request_can_be_cancelled()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var service = new BusService(bus, Systemd1.Name);
        await using var connection = bus.Open();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var asked = new Systemd1(connection).ResetFailedUnitAsync("x.service", cancel.Token);
        await service.NextAsync("ResetFailedUnit");

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(asked);
    }

    [Theory]
    [InlineData("org.freedesktop.systemd1.NoSuchUnit", BusFailure.NoSuchUnit, false)]
    [InlineData("org.freedesktop.systemd1.UnitExists", BusFailure.UnitExists, false)]
    [InlineData("org.freedesktop.DBus.Error.AccessDenied", BusFailure.AccessDenied, false)]
    [InlineData("org.freedesktop.DBus.Error.NoReply", BusFailure.Disconnected, true)]
    [InlineData("org.freedesktop.DBus.Error.InvalidArgs", BusFailure.Refused, false)]
    public async Task A_refusal_says_why(string name, BusFailure expected, bool mayHaveRun)
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var service = new BusService(bus, Systemd1.Name);
        await using var connection = bus.Open();

        var asked = new Systemd1(connection).ResetFailedUnitAsync("x.service", Ct);
        service.Refuse(await service.NextAsync("ResetFailedUnit"), name, "because of x.service");

        var failure = await Should.ThrowAsync<BusException>(asked);
        failure.Failure.ShouldBe(expected);
        failure.ErrorName.ShouldBe(name);
        failure.MayHaveRun.ShouldBe(mayHaveRun);
        failure.Message.ShouldContain("because of x.service");
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_no_such_service()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var connection = bus.Open();

        var failure = await Should.ThrowAsync<BusException>(() => new Systemd1(connection).ResetFailedUnitAsync("x.service", Ct));

        failure.Failure.ShouldBe(BusFailure.NoSuchService);
    }

    [Fact]
    public async Task A_bus_that_dies_and_comes_back_is_an_episode()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var connection = await bus.ConnectAsync();
        using var link = connection.WatchLink();
        await using var states = link.ReadAllAsync(Ct).GetAsyncEnumerator(Ct);
        (await NextAsync(states)).ShouldBe(BusLink.Connected);
        using var shutdown = new Login1(connection).WatchPrepareForShutdown();
        await using var preparing = shutdown.ReadAllAsync(Ct).GetAsyncEnumerator(Ct);
        await using (var service = new BusService(bus, Systemd1.Name))
        {
            var asked = new Systemd1(connection).ResetFailedUnitAsync("x.service", Ct);
            await service.NextAsync("ResetFailedUnit");
            await bus.KillAsync();

            var failure = await Should.ThrowAsync<BusException>(asked.WaitAsync(PrivateBus.Long, Ct));
            failure.Failure.ShouldBe(BusFailure.Disconnected);
            failure.MayHaveRun.ShouldBeTrue();
        }

        (await NextAsync(states)).ShouldBe(BusLink.Disconnected);
        connection.IsConnected.ShouldBeFalse();
        await bus.ReviveAsync();
        (await NextAsync(states)).ShouldBe(BusLink.Connected);

        // The subscription lives on: nobody made it anew but the connection itself.
        await using var login = new BusService(bus, "org.freedesktop.login1");
        answer(login, await login.NextAsync("Get"), false);
        (await NextAsync(preparing)).ShouldBeFalse();
        login.Emit(PrepareForShutdown, static writer => writer.Flag(true));
        (await NextAsync(preparing)).ShouldBeTrue();

        static void answer(BusService login, ServiceCall call, bool value) => login.Answer(call, writer =>
        {
            writer.Open('v', "b");
            writer.Flag(value);
            writer.Close();
        });
    }

    [Fact]
    public async Task It_is_tried_anew_ever_more_slowly()
    {
        Assert.SkipUnless(BusConnection.IsAvailable, "libsystemd is not installed");
        var time = new FakeTimeProvider();
        var attempts = new AttemptLog();
        await using var connection = BusConnection.Open(
            new BusOptions { Address = "unix:path=/nonexistent/bus" }, time, attempts);
        double[] expected = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5];
        foreach (var seconds in expected)
        {
            (await attempts.NextAsync()).ShouldBe(TimeSpan.FromSeconds(seconds));
            time.Advance(TimeSpan.FromSeconds(seconds));
        }

        var failure = await Should.ThrowAsync<BusException>(() => new Systemd1(connection).ResetFailedUnitAsync("x.service", Ct));
        failure.Failure.ShouldBe(BusFailure.Disconnected);
        failure.MayHaveRun.ShouldBeFalse();
    }

    [Fact]
    public async Task A_bus_that_accepts_and_says_nothing_is_given_up_and_holds_up_nobody()
    {
        Assert.SkipUnless(BusConnection.IsAvailable, "libsystemd is not installed");
        using var directory = new TemporaryDirectory();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var path = Path.Combine(directory.Path, "silent");
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var time = new FakeTimeProvider();
        var attempts = new AttemptLog();
        var connection = BusConnection.Open(
            new BusOptions { Address = $"unix:path={path}", OpenTimeout = TimeSpan.FromSeconds(7) }, time, attempts);
        using var first = await listener.AcceptAsync(Ct).AsTask().WaitAsync(PrivateBus.Long, Ct);
        var held = new Systemd1(connection).ResetFailedUnitAsync("x.service", Ct);

        time.Advance(TimeSpan.FromSeconds(7));

        (await Should.ThrowAsync<BusException>(held.WaitAsync(PrivateBus.Long, Ct))).Failure.ShouldBe(BusFailure.Disconnected);
        time.Advance(await attempts.NextAsync());
        using var second = await listener.AcceptAsync(Ct).AsTask().WaitAsync(PrivateBus.Long, Ct);
        await connection.DisposeAsync().AsTask().WaitAsync(PrivateBus.Long, Ct);
    }

    [Fact]
    public async Task After_its_disposal_everything_has_ended()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var service = new BusService(bus, Systemd1.Name);
        var connection = await bus.ConnectAsync();
        using var link = connection.WatchLink();
        using var machines = new Machine1(connection).WatchRemoved();
        var asked = new Systemd1(connection).ResetFailedUnitAsync("x.service", Ct);
        await service.NextAsync("ResetFailedUnit");

        await connection.DisposeAsync();

        (await Should.ThrowAsync<BusException>(asked.WaitAsync(PrivateBus.Long, Ct))).Failure.ShouldBe(BusFailure.Disconnected);
        (await Should.ThrowAsync<BusException>(() => new Login1(connection).GetInhibitDelayMaxAsync(Ct))).Failure.ShouldBe(BusFailure.Disconnected);
        await link.ReadAllAsync(Ct).LastAsync(Ct).AsTask().WaitAsync(PrivateBus.Long, Ct);
        await Should.ThrowAsync<BusException>(machines.ReadAllAsync(Ct).CountAsync(Ct).AsTask().WaitAsync(PrivateBus.Long, Ct));
    }

    [Fact]
    public async Task A_stream_that_nobody_reads_ends_instead_of_growing()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var machined = new BusService(bus, "org.freedesktop.machine1");
        await using var connection = await bus.ConnectAsync();
        var machine1 = new Machine1(connection);
        using var lazy = machine1.WatchRemoved();
        await AnswerListAsync();
        for (var i = 0; i < 1100; i++)
        {
            var name = $"m{i}";
            machined.Emit(("/org/freedesktop/machine1", "org.freedesktop.machine1.Manager", "MachineRemoved"), writer =>
            {
                writer.Text(name);
                writer.ObjectPath("/m");
            });
        }

        // An answer comes after the signals that were sent before it.
        await AnswerListAsync();

        var seen = new List<string>();
        var failure = await Should.ThrowAsync<BusException>(async () =>
        {
            await foreach (var removed in lazy.ReadAllAsync(Ct))
            {
                seen.Add(removed);
            }
        });
        failure.Failure.ShouldBe(BusFailure.Lagging);
        seen.Count.ShouldBe(1024);
        seen[^1].ShouldBe("m1023");

        async Task AnswerListAsync()
        {
            var listing = machine1.ListAsync(Ct);
            machined.Answer(await machined.NextAsync("ListMachines"), static writer =>
            {
                writer.Open('a', "(ssso)");
                writer.Close();
            });
            (await listing).ShouldBeEmpty();
        }
    }

    private static async Task<T> NextAsync<T>(IAsyncEnumerator<T> news)
    {
        (await news.MoveNextAsync().AsTask().WaitAsync(PrivateBus.Long, Ct)).ShouldBeTrue();
        return news.Current;
    }

    /// <summary>Hands out the delay of each attempt that failed.</summary>
    private sealed class AttemptLog : ILogger
    {
        private readonly System.Threading.Channels.Channel<TimeSpan> _delays = System.Threading.Channels.Channel.CreateUnbounded<TimeSpan>();

        public async Task<TimeSpan> NextAsync() => await _delays.Reader.ReadAsync(Ct).AsTask().WaitAsync(PrivateBus.Long, Ct);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (state is IReadOnlyList<KeyValuePair<string, object?>> values && values.FirstOrDefault(value => value.Key == "Delay").Value is TimeSpan delay)
            {
                _delays.Writer.TryWrite(delay);
            }
        }
    }
}
