using System.Diagnostics;
using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Isolation;

/// <summary>One sick VM is alone in its sickness. Runs alone: it looks at times.</summary>
[Collection(nameof(AloneCollection))]
public sealed class FrozenQemuTests
{
    /// <summary>SIGSTOP, SIGCONT.</summary>
    private const int Freeze = 19, Thaw = 18;

    /// <summary>Far below the time-out of a QMP command (5 s), far above what a busy test machine adds.</summary>
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Frozen_qemu_delays_no_list_no_scrape_and_no_other_vm()
    {
        using var http = new HttpClient();
        await using var agent = await Agent.StartAsync();
        const int Count = 10;
        for (var i = 0; i < Count; i++)
        {
            await agent.Client.CreateAndStartAsync(Guest.Empty($"vm-{i}"), paused: true);
        }

        using var sick = PidFd.TryOpen((await agent.Client.GetAsync("vm-0")).Status.Pid)!;
        sick.Send(Freeze);

        // A command that hangs on the sick one, and samplers that find it silent, are part of the sickness.
        var hanging = await agent.Client.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = "vm-0" });
        for (var round = 0; round < 5; round++)
        {
            (await TimeAsync(() => agent.Client.ListAsync())).ShouldBeLessThan(Prompt);
            (await TimeAsync(() => agent.Client.GetAsync("vm-0"))).ShouldBeLessThan(Prompt);
            (await TimeAsync(() => http.GetStringAsync(new Uri($"http://{agent.MetricsAddress}/metrics")))).ShouldBeLessThan(Prompt);
            var other = $"vm-{1 + round}";
            (await TimeAsync(async () => await agent.Client.WaitAsync(await agent.Client.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = other })))).ShouldBeLessThan(Prompt);
            (await TimeAsync(() => agent.Client.ForceStopAsync(other))).ShouldBeLessThan(Prompt);
        }

        // A stuck command blinds nobody: the VM is not called stopped, and is told to be silent.
        var seen = await agent.Client.UntilAsync("vm-0", vm => vm.Status.Conditions.Any(one => one.Type.Contains("Silent", StringComparison.Ordinal)), "silent");
        seen.Status.State.ShouldNotBe(VmState.Stopped);
        sick.Send(Thaw);
        await agent.Client.WaitForEndAsync(hanging);
        await agent.Client.UntilAsync("vm-0", vm => vm.Status.Conditions.All(one => !one.Type.Contains("Silent", StringComparison.Ordinal)), "well again");
    }

    [Fact]
    public async Task Force_stop_of_a_frozen_qemu_works_at_once_whatever_else_is_stuck()
    {
        await using var agent = await Agent.StartAsync();
        var took = new List<TimeSpan>();
        const int Rounds = 9;
        for (var round = 0; round < Rounds; round++)
        {
            var vm = await agent.Client.CreateAndStartAsync(Guest.Empty($"vm-{round}"), paused: true);
            using var sick = PidFd.TryOpen(vm.Status.Pid)!;
            sick.Send(Freeze);
            _ = await agent.Client.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = vm.Id });

            took.Add(await TimeAsync(() => agent.Client.ForceStopAsync(vm.Id)));
        }

        // The promise is 100 ms after the process can be killed; what is usual is looked at, and not the machine's other work.
        took.Order().ElementAt(Rounds / 2).ShouldBeLessThan(TimeSpan.FromMilliseconds(100), string.Join(", ", took.Select(one => $"{one.TotalMilliseconds:0}")));
    }

    private static async Task<TimeSpan> TimeAsync(Func<Task> work)
    {
        var began = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(began);
    }
}
