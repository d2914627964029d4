using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Rpc;

namespace NodeAgent.Tests.Hypervisor.Vms;

/// <summary>What waits for the next start waits for it; what is in force at once is said to be when it is.</summary>
public sealed class VmPendingTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Console_and_display_that_are_pending_are_not_there_yet()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync(change: spec => spec with { Console = null, Display = null });
        (await bench.DoAsync("web", new VmVerb.Start())).Fault.ShouldBeNull();
        var changed = await bench.ChangeAsync("web", spec => spec with { Console = new ConsoleSpec(), Display = new DisplaySpec(Vnc: true) });

        changed.PendingFields.ShouldBe(["spec.console", "spec.display"]);
        new SnapshotWriter(bench.Services.Options.RunDirectory, _ => null).Write(changed).Status.VncSocket.ShouldBeEmpty();
        Should.Throw<VmException>(() => bench.Registry.Find("web").RequireConsole()).Reason.ShouldBe(VmErrorReason.NoSuchDevice);
        (await Should.ThrowAsync<VmException>(() => bench.Registry.Find("web").TakeScreenshotAsync(Ct))).Reason.ShouldBe(VmErrorReason.NoSuchDevice);

        await bench.DoAsync("web", new VmVerb.Stop(Force: true));
        (await bench.DoAsync("web", new VmVerb.Start())).Fault.ShouldBeNull();
        new SnapshotWriter(bench.Services.Options.RunDirectory, _ => null).Write(bench.Registry.Get("web")).Status.VncSocket.ShouldNotBeEmpty();
        _ = bench.Registry.Find("web").RequireConsole();
    }

    [Fact]
    public async Task Console_and_display_whose_removal_is_pending_are_still_there()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync(change: spec => spec with { Console = new ConsoleSpec(), Display = new DisplaySpec(Vnc: true) });
        (await bench.DoAsync("web", new VmVerb.Start())).Fault.ShouldBeNull();
        var changed = await bench.ChangeAsync("web", spec => spec with { Console = null, Display = null });

        changed.PendingFields.ShouldBe(["spec.console", "spec.display"]);
        new SnapshotWriter(bench.Services.Options.RunDirectory, _ => null).Write(changed).Status.VncSocket.ShouldNotBeEmpty();
        _ = bench.Registry.Find("web").RequireConsole();
        await bench.CloseAsync();
        await bench.OpenAsync();
        _ = bench.Registry.Find("web").RequireConsole();
    }

    [Fact]
    public async Task Another_length_of_the_console_history_is_in_force_with_the_next_start()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync(change: spec => spec with { Console = new ConsoleSpec { HistoryBytes = 64 << 10 } });
        (await bench.DoAsync("web", new VmVerb.Start())).Fault.ShouldBeNull();
        var history = bench.Registry.Find("web").RequireConsole().History;
        history.Append(new byte[20 << 10]);
        await bench.ChangeAsync("web", spec => spec with { Console = new ConsoleSpec { HistoryBytes = 8 << 10 } });
        history.Read().Length.ShouldBe(20 << 10);

        await bench.DoAsync("web", new VmVerb.Stop(Force: true));
        (await bench.DoAsync("web", new VmVerb.Start())).Fault.ShouldBeNull();
        history.Read().Length.ShouldBe(8 << 10);

        await bench.ChangeAsync("web", spec => spec with { Console = new ConsoleSpec { HistoryBytes = 64 << 10 } });
        await bench.DoAsync("web", new VmVerb.Stop(Force: true));
        (await bench.DoAsync("web", new VmVerb.Start())).Fault.ShouldBeNull();
        history.Append(new byte[20 << 10]);
        history.Read().Length.ShouldBeGreaterThanOrEqualTo(20 << 10);
    }

    [Fact]
    public async Task Limits_that_are_refused_are_pending_and_tried_again()
    {
        LimitingLauncher launcher = null!;
        int? inForce = null;
        await using var bench = await VmBench.BeginAsync(around: inner => launcher = new LimitingLauncher(inner) { InForce = inForce });
        await bench.CreateAsync();
        (await bench.DoAsync("web", new VmVerb.Start())).Fault.ShouldBeNull();
        launcher.Refuses = true;
        (await bench.ChangeAsync("web", WithWeight(200))).PendingFields.ShouldBe(["spec.resources"]);
        await bench.UntilEventAsync("vm.limits-refused");

        launcher.Refuses = false;
        await bench.UntilAsync("web", vm => vm.PendingFields.IsEmpty);
        launcher.InForce.ShouldBe(200);
        (await bench.EventsAsync()).Count(item => item.Fact.Kind == "vm.limits-refused").ShouldBe(1);

        // An agent that comes after knows what is in force, also when the spec says again what it said at the start.
        launcher.Refuses = true;
        (await bench.ChangeAsync("web", WithWeight(null))).PendingFields.ShouldBe(["spec.resources"]);
        await bench.CloseAsync();
        inForce = 200;
        await bench.OpenAsync();
        await bench.UntilAsync("web", vm => vm.State is VmState.Running && vm.PendingFields.IsEmpty);
        launcher.InForce.ShouldBeNull();
    }

    [Fact]
    public async Task Limits_that_are_taken_are_in_force_when_the_change_is_answered()
    {
        LimitingLauncher launcher = null!;
        await using var bench = await VmBench.BeginAsync(around: inner => launcher = new LimitingLauncher(inner));
        await bench.CreateAsync();
        (await bench.DoAsync("web", new VmVerb.Start())).Fault.ShouldBeNull();
        (await bench.ChangeAsync("web", WithWeight(300))).PendingFields.ShouldBeEmpty();
        launcher.InForce.ShouldBe(300);
    }

    private static Func<VmSpec, VmSpec> WithWeight(int? weight) => spec => spec with { Resources = new ResourceSpec { CpuWeight = weight } };

    /// <summary>A launcher with somebody behind it who limits, or whom nobody reaches.</summary>
    private sealed class LimitingLauncher(IQemuLauncher inner) : IQemuLauncher
    {
        public bool Refuses { get; set; }

        public int? InForce { get; set; }

        public string Name => inner.Name;

        public Task<QemuProcess> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken) => inner.LaunchAsync(request, cancellationToken);

        public QemuProcess? TryAttach(ProcessIdentity identity, string name, Guid id, RunDirectory directory) => inner.TryAttach(identity, name, id, directory);

        public Task LimitAsync(ProcessIdentity process, VmSpec spec, Accelerator accelerator, CancellationToken cancellationToken)
        {
            if (Refuses)
            {
                throw new IOException("The bus is away.");
            }

            InForce = spec.Resources.CpuWeight;
            return Task.CompletedTask;
        }
    }
}
