using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Bindings.Bus;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Units;
using NodeAgent.Tests.Bindings.Bus;

namespace NodeAgent.Tests.Hypervisor.Units;

/// <summary>The launcher and a systemd that hangs. What it does with one that answers is tested in boxes.</summary>
public sealed class SystemdLauncherTests
{
    // Far more than it takes, and far less than the launcher waits for systemd.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_that_is_cut_off_does_not_wait_for_a_systemd_that_hangs()
    {
        await using var stage = await Stage.OpenAsync();
        using var cutOff = new CancellationTokenSource();
        var starting = stage.LaunchAsync(Guid.NewGuid(), cutOff.Token);
        var asked = await stage.Systemd.NextAsync("StartTransientUnit");
        var began = Stopwatch.GetTimestamp();

        await cutOff.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => starting.WaitAsync(PrivateBus.Long, Ct));
        Stopwatch.GetElapsedTime(began).ShouldBeLessThan(Soon);

        // What can be done for the unit is asked for all the same, by nobody who waits.
        var kill = await stage.Systemd.NextAsync("KillUnit");
        kill.Arguments.ShouldBe($"'{UnitOf(asked)}' 'all' 9");
    }

    [Fact]
    public async Task The_next_start_of_the_same_vm_waits_until_the_former_unit_is_given_up_and_others_do_not()
    {
        await using var stage = await Stage.OpenAsync();
        var vm = Guid.NewGuid();
        using var cutOff = new CancellationTokenSource();
        var first = stage.LaunchAsync(vm, cutOff.Token);
        await stage.Systemd.NextAsync("StartTransientUnit");
        await cutOff.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first.WaitAsync(PrivateBus.Long, Ct));
        var kill = await stage.Systemd.NextAsync("KillUnit");

        using var over = new CancellationTokenSource();
        var second = stage.LaunchAsync(vm, over.Token, "again");
        var other = stage.LaunchAsync(Guid.NewGuid(), over.Token, "other");

        UnitOf(await stage.Systemd.NextAsync("StartTransientUnit")).ShouldStartWith("nodeagent-vm-other-");
        stage.Systemd.Refuse(kill, "org.freedesktop.systemd1.NoSuchUnit", "not loaded");
        UnitOf(await stage.Systemd.NextAsync("StartTransientUnit")).ShouldStartWith("nodeagent-vm-again-");
        await over.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => second.WaitAsync(PrivateBus.Long, Ct));
        await Should.ThrowAsync<OperationCanceledException>(() => other.WaitAsync(PrivateBus.Long, Ct));
    }

    private static string UnitOf(ServiceCall call) => call.Arguments.Split('\'')[1];

    private sealed class Stage : IAsyncDisposable
    {
        private readonly TemporaryDirectory _directory = new();
        private readonly PrivateBus _bus;
        private readonly BusConnection _connection;
        private readonly SystemdLauncher _launcher;

        private Stage(PrivateBus bus)
        {
            _bus = bus;
            Systemd = new BusService(bus, Systemd1.Name);
            _connection = bus.Open();
            _launcher = new SystemdLauncher(
                new Systemd1(_connection),
                new MachineBook(new Machine1(_connection), TimeProvider.System, NullLogger<MachineBook>.Instance),
                new UnitOptions { Program = "/usr/libexec/nodeagent/nodeagent-vm", BootId = "boot", Hidden = () => [_directory.Path] },
                TimeProvider.System,
                NullLogger<SystemdLauncher>.Instance);
        }

        public BusService Systemd { get; }

        public static async Task<Stage> OpenAsync() => new(await PrivateBus.StartAsync());

        public Task<QemuProcess> LaunchAsync(Guid vm, CancellationToken cancellationToken, string name = "web")
        {
            var directory = new RunDirectory(_directory.Path, vm);
            directory.Create();
            return _launcher.LaunchAsync(
                new LaunchRequest
                {
                    VmId = vm,
                    RunId = Guid.NewGuid(),
                    Name = name,
                    Spec = new VmSpec { Cpu = new CpuSpec { Vcpus = 1 }, MemoryBytes = 64 << 20, Accelerator = AcceleratorChoice.Tcg },
                    Boot = new BootContract
                    {
                        QemuBinary = "/usr/bin/qemu-system-x86_64",
                        QemuVersion = "7.2.22",
                        Machine = "pc-q35-7.2",
                        CpuModel = "max",
                        Arguments = ["-S"],
                        Devices = [],
                        SpecGeneration = 1,
                        Accelerator = Accelerator.Tcg,
                        AcceleratorReason = "",
                    },
                    Descriptors = [],
                    Directory = directory,
                },
                cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await _connection.DisposeAsync();
            await Systemd.DisposeAsync();
            await _bus.DisposeAsync();
            _directory.Dispose();
        }
    }
}
