using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>The file system of the run directory is full: no guest and no caller notices, only a start fails, and it heals.</summary>
public sealed class FullRunDirectoryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Full_run_directory_fails_a_start_and_touches_nobody(bool ofContent)
    {
        await using var disk = await SmallDisk.MountAsync(mebibytes: 4, inodes: 200);
        await using var agent = await Agent.StartAsync(new AgentConfiguration { RunDirectory = Path.Combine(disk.Root, "run") });
        var running = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        var doomed = await agent.Client.CreateAndStartAsync(Qemus.Cheap("doomed"), paused: true);
        await agent.Client.CreateAsync(Guest.Bios(agent, "tick", "refused"));
        Fill();

        for (var tries = 0; tries < 2; tries++)
        {
            var failure = await Should.ThrowAsync<OperationFailedException>(() => agent.Client.StartAsync("refused"));
            failure.Error.Message.ShouldContain("No space left on device");
            var status = (await agent.Client.GetAsync("refused")).Status;
            (status.State, status.Exit.Reason, status.Exit.FailedStep).ShouldBe((VmState.Stopped, ExitReason.StartFailed, "directory"), status.Exit.Message);
            Directory.GetDirectories(Path.Combine(agent.RunDirectory, "vms")).Select(Path.GetFileName).ShouldBe([running.Id, doomed.Id], ignoreOrder: true);
        }

        await ShouldTickAsync();
        Qemus.ShouldAgree(await agent.Client.ForceStopAsync(doomed.Id));
        Fill();

        // An agent that comes back finds no room either, and needs none.
        await agent.KillAsync();
        await agent.StartAgainAsync();
        await ShouldTickAsync();
        (await agent.Client.ListAsync()).Count.ShouldBe(3);

        disk.Free();
        Qemus.ShouldAgree(await agent.Client.StartAsync("refused"));
        Qemus.ShouldAgree(await agent.Client.GetAsync(running.Id));

        void Fill()
        {
            if (ofContent)
            {
                disk.Fill();
            }
            else
            {
                disk.FillNames();
            }
        }

        async Task ShouldTickAsync()
        {
            var now = await agent.Client.GetAsync(running.Id);
            (now.Status.State, now.Status.Pid).ShouldBe((VmState.Running, running.Status.Pid));
            await using var console = await ConsoleClient.AttachAsync(agent.Client, running.Id);
            await console.UntilAsync("tick ");
        }
    }
}
