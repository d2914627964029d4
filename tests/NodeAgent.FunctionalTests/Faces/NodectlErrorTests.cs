using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>What nodectl says and returns when something is wrong, and where it looks for the agent.</summary>
public sealed class NodectlErrorTests
{
    [Fact]
    public async Task Exit_code_tells_what_is_wrong_and_the_error_names_it()
    {
        await using var agent = await Agent.StartAsync();
        var nodectl = new Nodectl(agent);
        await agent.Client.CreateAndStartAsync(Guest.Empty("one"), paused: true);
        await agent.Client.CreateAsync(Guest.Empty("two"));

        await FailsAsync(3, "no VM 'nobody'", "vm", "get", "nobody");
        await FailsAsync(3, "no VM 'nobody'", "vm", "start", "nobody");
        await FailsAsync(4, "ALREADY_EXISTS", "vm", "create", "one", "--memory", "16M", "--vcpus", "1");
        await FailsAsync(4, "NOT_STOPPED", "vm", "delete", "one");
        await FailsAsync(4, "NOT_RUNNING", "vm", "pause", "two");
        await FailsAsync(4, "NO_SUCH_DEVICE", "vm", "screenshot", "one", "-f", Path.Combine(agent.Root, "picture.png"));
        await FailsAsync(2, "memory", "vm", "create", "three", "--memory", "16MB", "--vcpus", "1");
        await FailsAsync(2, "image root", "vm", "create", "three", "--memory", "16M", "--vcpus", "1", "--disk", "path=/etc/passwd,format=raw");
        await FailsAsync(2, "memroy", "vm", "create", "three", "--memroy", "16M");
        await FailsAsync(3, "operations", "op", "get", $"operations/{AgentClient.NewId()}");
        (await agent.Client.ListAsync()).Count.ShouldBe(2);

        async Task FailsAsync(int code, string named, params string[] arguments)
        {
            var command = await nodectl.RunAsync(arguments);
            command.ExitCode.ShouldBe(code, $"{string.Join(' ', arguments)}: {command.Output}{command.Errors}");
            command.Errors.ShouldContain(named);
        }
    }

    [Fact]
    public async Task Faulty_file_is_told_by_line_and_field()
    {
        await using var agent = await Agent.StartAsync();
        var nodectl = new Nodectl(agent);
        const string Yaml = "name: web\nspec:\n  cpu:\n    vcpus: 1\n  memroy: 16M\n";

        var command = await nodectl.TypeAsync(Yaml, "vm", "create", "-f", "-");

        command.ExitCode.ShouldBe(2);
        command.Errors.ShouldContain(":5:");
        command.Errors.ShouldContain("did you mean 'memory'?");
    }

    [Fact]
    public async Task One_failure_among_several_vms_leaves_the_others_alone()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAsync(Guest.Empty("one"));
        await agent.Client.CreateAsync(Guest.Empty("two"));

        var command = await new Nodectl(agent).RunAsync("vm", "start", "one", "nobody", "two", "--paused");

        command.ExitCode.ShouldBe(3);
        command.Errors.ShouldContain("nobody");
        (await agent.Client.ListAsync("state=paused")).Select(vm => vm.Name).ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task Agent_is_found_by_option_before_environment()
    {
        await using var agent = await Agent.StartAsync();
        var nodectl = new Nodectl(agent);
        await agent.Client.CreateAsync(Guest.Empty("one"));

        (await nodectl.RunWithoutHostAsync("vm", "list", "-o", "name", "--host", $"unix:{agent.Socket}")).Succeeded().Trim().ShouldBe("one");
        (await nodectl.RunAsync("vm", "list", "-o", "name")).Succeeded().Trim().ShouldBe("one");
        var elsewhere = await nodectl.RunAsync("vm", "list", "--host", $"unix:{agent.Root}/nobody.sock");
        elsewhere.ExitCode.ShouldBe(5);
        elsewhere.Errors.ShouldContain("nobody.sock");
    }
}
