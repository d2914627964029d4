using NodeAgent.Cli.Errors;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Vms;

public sealed class VmUpdateTest
{
    [Fact]
    public async Task Options_change_their_fields_only()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web", VmState.Running, v => v.Labels.Add("old", "1"));
        var result = (await agent.RunAsync("vm", "update", "web", "--memory", "1GiB", "--cpu", "max", "--label", "tier=web", "--remove-label", "old"))
            .ShouldEndWith(ExitCode.Ok);
        result.Out.ShouldBe("web: updated\n");
        result.Error.ShouldBe("web: takes effect at the next start: spec.memory_bytes\n");
        var request = agent.Vms.Last<UpdateVmRequest>();
        request.UpdateMask.Paths.ShouldBe(["spec.memory_bytes", "spec.cpu", "labels"]);
        request.Vm.Etag.ShouldBe("e1");
        request.Vm.Spec.Cpu.ShouldBe(new CpuSpec { Vcpus = 1, Model = "max" });
        request.Vm.Labels.ShouldHaveSingleItem().Key.ShouldBe("tier");
    }

    [Fact]
    public async Task A_file_changes_labels_and_spec_as_a_whole()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        (await agent.RunAsync(CliInput.Typed("name: web\nspec: {memory: 2G}\n"), "vm", "update", "-f", "-")).ShouldEndWith(ExitCode.Ok);
        agent.Vms.Last<UpdateVmRequest>().UpdateMask.Paths.ShouldBe(["labels", "spec"]);
    }

    [Fact]
    public async Task A_file_that_names_another_VM_than_the_user_is_refused()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        (await agent.RunAsync(CliInput.Typed("id: other\nspec: {}\n"), "vm", "update", "web", "-f", "-")).ShouldEndWith(ExitCode.Conflict);
    }

    [Fact]
    public async Task An_edit_sends_what_the_editor_left_behind()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        var input = new CliInput { Environment = { ["EDITOR"] = "sed -i 's/256MiB/512M/'" } };
        (await agent.RunAsync(input, "vm", "edit", "web")).ShouldEndWith(ExitCode.Ok).Out.ShouldBe("web: updated\n");
        var request = agent.Vms.Last<UpdateVmRequest>();
        request.Vm.Spec.MemoryBytes.ShouldBe(512 << 20);
        request.Vm.Etag.ShouldBe("e1");
    }

    [Fact]
    public async Task An_edit_without_change_sends_nothing()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        (await agent.RunAsync(new CliInput { Environment = { ["EDITOR"] = "true" } }, "vm", "edit", "web")).ShouldEndWith(ExitCode.Ok);
        agent.Vms.Requests.OfType<UpdateVmRequest>().ShouldBeEmpty();
    }

    [Fact]
    public async Task An_edit_with_a_mistake_is_kept()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        var result = (await agent.RunAsync(new CliInput { Environment = { ["EDITOR"] = "sed -i 's/memory:/memroy:/'" } }, "vm", "edit", "web"))
            .ShouldEndWith(ExitCode.Usage);
        var kept = result.Error.Split('\n')[0].Split("mend ")[1].Split(',')[0];
        (await File.ReadAllTextAsync(kept, TestContext.Current.CancellationToken)).ShouldContain("memroy");
        Directory.Delete(Path.GetDirectoryName(kept)!, recursive: true);
    }
}
