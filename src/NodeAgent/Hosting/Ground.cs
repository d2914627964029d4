using NodeAgent.Bindings.Bus;
using NodeAgent.Bindings.Linux;
using NodeAgent.Configuration;
using NodeAgent.Health;
using NodeAgent.Hypervisor.Host;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Simulation;

namespace NodeAgent.Hosting;

/// <summary>
/// What the floor stands on: this host with its KVM and QEMU, or one that is made up. It is decided here, and nobody above
/// has to ask which it is.
/// </summary>
internal sealed class Ground : IAsyncDisposable
{
    private readonly Func<Func<Task>, TimeProvider, NodeSurvey> _survey;

    private Ground(IQemuLauncher launcher, Func<MachineIdentity> readMachine, Func<Func<Task>, TimeProvider, NodeSurvey> survey)
    {
        Launcher = launcher;
        ReadMachine = readMachine;
        _survey = survey;
    }

    /// <summary>Who runs QEMU.</summary>
    public IQemuLauncher Launcher { get; }

    /// <summary>Reads which machine it is, and which of its boots; a host's name may change.</summary>
    public Func<MachineIdentity> ReadMachine { get; }

    /// <summary>Whether it is made up.</summary>
    public bool IsSimulated { get; private init; }

    /// <summary>The host's bus; <c>null</c> where the agent runs QEMU itself.</summary>
    public BusConnection? Bus { get; private init; }

    /// <summary>The bus that tells of a shutdown of the host; <c>null</c> where nobody watches for one.</summary>
    public BusConnection? ShutdownBus { get; private init; }

    /// <summary>Decides.</summary>
    /// <exception cref="StartException">It cannot be as the configuration wants it.</exception>
    public static Ground Open(LiveOptions options, Guid nodeId, TimeProvider time, ILoggerFactory log) =>
        options.Current.Qemu.Launcher is LauncherChoice.Simulated ? Simulated(nodeId, time) : Real(options, time, log);

    /// <summary>Finds out what there is.</summary>
    /// <param name="alsoAsk">See <see cref="NodeSurvey.AlsoAsk"/>.</param>
    /// <param name="time">The clock.</param>
    public NodeSurvey Survey(Func<Task> alsoAsk, TimeProvider time) => _survey(alsoAsk, time);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if ((Bus ?? ShutdownBus) is { } bus)
        {
            await bus.DisposeAsync();
        }
    }

    private static Ground Real(LiveOptions options, TimeProvider time, ILoggerFactory log)
    {
        var current = options.Current;
        var bus = Launchers.WantsSystemd(current.Qemu.Launcher) ? OpenBus() : null;
        var probe = new QemuProbe(Path.Combine(current.StateDirectory, "cache"), time, log.CreateLogger<QemuProbe>());
        return new Ground(
            Launchers.Open(bus, options, ReadThisMachine().BootId?.ToString("D") ?? "", time, log),
            ReadThisMachine,
            (alsoAsk, clock) => new NodeSurvey(
                new HostFactsReader(),
                () => KvmProbe.RunAsync(current.Kvm.Device, clock),
                (host, kvm, anew) => probe.AskAsync(
                    current.Qemu.Binary,
                    new ProbeHost(kvm.ApiVersion is not null, host.Cpu.Model.Microcode ?? "", host.Kernel.Release ?? ""),
                    anew,
                    CancellationToken.None),
                clock)
            {
                AlsoAsk = alsoAsk,
            })
        {
            Bus = bus,

            // Where QEMU is run directly the bus is for this alone.
            ShutdownBus = current.Shutdown.Enabled && Launchers.HasSystemd && BusConnection.IsAvailable ? bus ?? OpenBus() : null,
        };

        BusConnection OpenBus() => BusConnection.Open(new BusOptions(), time, log.CreateLogger<BusConnection>());
    }

    private static Ground Simulated(Guid nodeId, TimeProvider time)
    {
        var machine = SimulatedHost.Identity(nodeId, time.GetUtcNow());
        return new Ground(
            new SimulatedLauncher($"{machine.BootId:D}", time),
            () => machine,
            (alsoAsk, clock) => new NodeSurvey(
                new HostFactsReader { Identity = machine },
                () => Task.FromResult(SimulatedHost.Kvm),
                (_, _, _) => Task.FromResult<QemuProbeResult>(SimulatedHost.AskQemu(clock)),
                clock)
            {
                AlsoAsk = alsoAsk,
            })
        {
            IsSimulated = true,
        };
    }

    private static MachineIdentity ReadThisMachine() => MachineIdentity.Read(new KernelFiles("/"));
}
