using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>Checking a configuration, and changing it under a running agent.</summary>
public sealed class ConfigurationTests
{
    [Fact]
    public async Task Good_configuration_is_validated_without_a_start()
    {
        await using var agent = Agent.Create();

        var command = await Command.RunAsync(Artifacts.Nodeagentd, [.. agent.Arguments, "--validate"]);

        command.Succeeded();
        Directory.Exists(agent.StateDirectory).ShouldBeFalse();
        Directory.Exists(agent.RunDirectory).ShouldBeFalse();
    }

    [Fact]
    public async Task Every_fault_is_told_with_its_place()
    {
        await using var agent = Agent.Create();
        await File.WriteAllTextAsync(agent.ConfigurationFile, "[agent]\nsocket_mod = 0660\n[metrics]\nsample_interval = 10\n[limits]\nmax_streams = 0\n");

        var command = await Command.RunAsync(Artifacts.Nodeagentd, [.. agent.Arguments, "--validate"]);

        command.ExitCode.ShouldBe(2);
        var told = command.Output + command.Errors;
        told.ShouldContain($"{agent.ConfigurationFile}:2: socket_mod");
        told.ShouldContain($"{agent.ConfigurationFile}:4: sample_interval");
        told.ShouldContain($"{agent.ConfigurationFile}:6: max_streams");
    }

    [Fact]
    public async Task Reload_puts_a_good_file_in_force_and_a_bad_one_changes_nothing()
    {
        await using var agent = await Agent.StartAsync();
        var text = await File.ReadAllTextAsync(agent.ConfigurationFile);
        await agent.Client.CreateAndStartAsync(Guest.Empty("one"), paused: true);

        // Image roots can be reloaded: a disk elsewhere is refused before and taken after.
        var elsewhere = Directory.CreateDirectory(Path.Combine(agent.Root, "elsewhere")).FullName;
        var disk = Path.Combine(elsewhere, "disk.raw");
        File.Move(agent.CopyImage("hello.raw"), disk);
        (await TakesAsync(agent, disk)).ShouldBeFalse();
        await File.WriteAllTextAsync(agent.ConfigurationFile, text.Replace("image_roots = ", $"image_roots = {elsewhere}, "));
        agent.Reload();
        await UntilEventAsync(agent, "agent.reloaded");
        (await TakesAsync(agent, disk)).ShouldBeTrue();

        await File.WriteAllTextAsync(agent.ConfigurationFile, text + "\n[qemu]\nno_such_key = 1\n");
        agent.Reload();
        var failed = await UntilEventAsync(agent, "agent.reload-failed");
        failed.Severity.ShouldBe(EventSeverity.Warning);
        failed.Message.ShouldContain("no_such_key");
        (await TakesAsync(agent, disk)).ShouldBeTrue("the old configuration stays in force");
        agent.ReadLog().ShouldContain("no_such_key");
        (await Scrape.TakeAsync(agent))["nodeagent_config_last_reload_successful"].ShouldBe(0);

        await File.WriteAllTextAsync(agent.ConfigurationFile, text);
        agent.Reload();
        await Scrape.UntilAsync(agent, one => one["nodeagent_config_last_reload_successful"] == 1, "the mended configuration");
        (await TakesAsync(agent, disk)).ShouldBeFalse();
        (await agent.Client.GetAsync("one")).Status.State.ShouldBe(VmState.Paused);
    }

    private static async Task<bool> TakesAsync(Agent agent, string disk)
    {
        var vm = Guest.Empty("two");
        vm.Spec.Disks.Add(new Disk { Path = disk, Format = DiskFormat.Raw });
        try
        {
            await agent.Client.Vms.CreateVmAsync(new CreateVmRequest { Vm = vm, ValidateOnly = true });
            return true;
        }
        catch (Grpc.Core.RpcException error) when (error.StatusCode is Grpc.Core.StatusCode.InvalidArgument)
        {
            error.Status.Detail.ShouldContain("image root");
            return false;
        }
    }

    private static async Task<Event> UntilEventAsync(Agent agent, string kind)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        using var watch = agent.Client.Events.WatchEvents(new WatchEventsRequest { FromOldest = true, KindPrefix = kind }, cancellationToken: limit.Token);
        while (await watch.ResponseStream.MoveNext(limit.Token))
        {
            if (watch.ResponseStream.Current.Event is { } one && one.Kind == kind)
            {
                return one;
            }
        }

        throw new EndOfStreamException($"No {kind} came.");
    }
}
