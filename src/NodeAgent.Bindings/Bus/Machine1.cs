namespace NodeAgent.Bindings.Bus;

/// <summary>systemd-machined, <c>org.freedesktop.machine1(5)</c>: machinectl lists what is registered here.</summary>
/// <remarks>Every member may throw <see cref="BusException"/>.</remarks>
public sealed class Machine1(BusConnection bus)
{
    private const string Name = "org.freedesktop.machine1";
    private const string Path = "/org/freedesktop/machine1";
    private const string Interface = "org.freedesktop.machine1.Manager";

    /// <summary>Registers a running VM. machined forgets it by itself when the leader's unit has ended.</summary>
    /// <exception cref="BusException"><see cref="BusFailure.MachineExists"/>, or any other.</exception>
    public Task RegisterAsync(MachineRegistration machine, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return bus.CallAsync(Method("RegisterMachine"), writer =>
        {
            writer.Text(machine.Name);
            writer.Bytes(machine.Id.ToByteArray(bigEndian: true));
            writer.Text("nodeagent");
            writer.Text("vm");
            writer.Number(machine.LeaderPid);
            writer.Text("");
        }, static _ => true, cancellationToken);
    }

    /// <summary>Whether a process belongs to a machine that is registered.</summary>
    public async Task<bool> HasAsync(int pid, CancellationToken cancellationToken)
    {
        try
        {
            return await bus.CallAsync(Method("GetMachineByPID"), writer => writer.Number((uint)pid), static _ => true, cancellationToken);
        }
        catch (BusException none) when (none.ErrorName == "org.freedesktop.machine1.NoMachineForPID")
        {
            return false;
        }
    }

    /// <summary>Ends a machine's unit.</summary>
    /// <exception cref="BusException"><see cref="BusFailure.NoSuchMachine"/>, or any other.</exception>
    public Task TerminateAsync(string name, CancellationToken cancellationToken) =>
        bus.CallAsync(Method("TerminateMachine"), writer => writer.Text(name), static _ => true, cancellationToken);

    /// <summary>All machines, containers among them.</summary>
    public Task<IReadOnlyList<MachineSummary>> ListAsync(CancellationToken cancellationToken) =>
        bus.CallAsync<IReadOnlyList<MachineSummary>>(Method("ListMachines"), static _ => { }, static body =>
        {
            var machines = new List<MachineSummary>();
            body.Enter('a', "(ssso)");
            while (body.Enter('r', "ssso"))
            {
                machines.Add(new MachineSummary(body.Text(), body.Text(), body.Text()));
                body.Skip("o");
                body.Exit();
            }

            body.Exit();
            return machines;
        }, cancellationToken);

    /// <summary>Tells the name of each machine that machined forgets.</summary>
    public BusStream<string> WatchRemoved() =>
        bus.Watch(new BusMatch(Name, Interface, "MachineRemoved") { Path = Path }, static body => body.Text());

    /// <summary>
    /// Tells each time that machined is to be asked anew: after each connection, and when it has come or come back.
    /// </summary>
    public BusStream<bool> WatchBeginnings()
    {
        var stream = new BusStream<bool>();
        var subscription = new BusSubscription(Name, []) { OnSignal = static _ => { }, OnReset = () => stream.Tell(true), OnEnd = stream.Fail };
        bus.Subscribe(subscription);
        return stream.EndingWith(() => bus.Unsubscribe(subscription));
    }

    private static BusCall Method(string member) => new(Name, Path, Interface, member);
}
