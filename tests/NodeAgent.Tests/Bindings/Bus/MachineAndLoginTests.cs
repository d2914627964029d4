using NodeAgent.Bindings.Bus;

namespace NodeAgent.Tests.Bindings.Bus;

public sealed class MachineAndLoginTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_machine_is_registered_with_its_id_in_the_order_of_its_digits()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var machined = new BusService(bus, "org.freedesktop.machine1");
        await using var connection = bus.Open();

        var registering = new Machine1(connection).RegisterAsync(
            new MachineRegistration("web", Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 4711), Ct);
        var call = await machined.NextAsync("RegisterMachine");
        call.Arguments.ShouldBe("'web' [y:00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff] 'nodeagent' 'vm' 4711 ''");
        machined.Refuse(call, "org.freedesktop.machine1.MachineExists", "Machine 'web' already exists");

        (await Should.ThrowAsync<BusException>(registering)).Failure.ShouldBe(BusFailure.MachineExists);
    }

    [Fact]
    public async Task Machines_are_listed_and_their_removal_is_told()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var machined = new BusService(bus, "org.freedesktop.machine1");
        await using var connection = bus.Open();
        var machine1 = new Machine1(connection);
        using var removed = machine1.WatchRemoved();

        var listing = machine1.ListAsync(Ct);
        machined.Answer(await machined.NextAsync("ListMachines"), static writer =>
        {
            writer.Open('a', "(ssso)");
            writer.Open('r', "ssso");
            writer.Text("web");
            writer.Text("vm");
            writer.Text("nodeagent");
            writer.ObjectPath("/org/freedesktop/machine1/machine/web");
            writer.Close();
            writer.Close();
        });
        (await listing).ShouldBe([new MachineSummary("web", "vm", "nodeagent")]);

        machined.Emit(("/org/freedesktop/machine1", "org.freedesktop.machine1.Manager", "MachineRemoved"), static writer =>
        {
            writer.Text("web");
            writer.ObjectPath("/org/freedesktop/machine1/machine/web");
        });
        await using var names = removed.ReadAllAsync(Ct).GetAsyncEnumerator(Ct);
        (await names.MoveNextAsync().AsTask().WaitAsync(PrivateBus.Long, Ct)).ShouldBeTrue();
        names.Current.ShouldBe("web");
    }

    [Fact]
    public async Task An_inhibitor_is_held_until_it_is_closed()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var logind = new BusService(bus, "org.freedesktop.login1");
        await using var connection = bus.Open();
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.In, HandleInheritability.None);

        var inhibiting = new Login1(connection).InhibitShutdownAsync("NodeAgent", "guests are shut down", Ct);
        var call = await logind.NextAsync("Inhibit");
        call.Arguments.ShouldBe("'shutdown' 'NodeAgent' 'guests are shut down' 'delay'");
        logind.Answer(call, writer =>
        {
            writer.Descriptor(pipe.ClientSafePipeHandle);
            pipe.DisposeLocalCopyOfClientHandle();
        });
        var inhibitor = await inhibiting;
        var closed = pipe.ReadAsync(new byte[1], Ct).AsTask();
        closed.IsCompleted.ShouldBeFalse();

        // What is released by closing must not be held open by a child of the agent that knows nothing of it.
        inhibitor.Dispose();

        (await closed.WaitAsync(PrivateBus.Long, Ct)).ShouldBe(0);
    }

    [Theory]
    [InlineData(5_000_000UL, 5)]
    [InlineData(0UL, 0)]
    [InlineData(ulong.MaxValue, null)]
    public async Task The_longest_delay_is_known(ulong microseconds, int? seconds)
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var logind = new BusService(bus, "org.freedesktop.login1");
        await using var connection = bus.Open();

        var asking = new Login1(connection).GetInhibitDelayMaxAsync(Ct);
        var call = await logind.NextAsync("Get");
        call.Arguments.ShouldBe("'org.freedesktop.login1.Manager' 'InhibitDelayMaxUSec'");
        logind.Answer(call, writer =>
        {
            writer.Open('v', "t");
            writer.Number(microseconds);
            writer.Close();
        });

        (await asking).ShouldBe(seconds is { } number ? TimeSpan.FromSeconds(number) : TimeSpan.MaxValue);
    }
}
