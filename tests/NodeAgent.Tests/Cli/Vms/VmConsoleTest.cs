using System.IO.Pipelines;
using System.Text;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Vms;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Vms;

public sealed class VmConsoleTest
{
    [Fact]
    public async Task Piped_input_is_passed_on_and_the_answer_printed()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web", VmState.Running);
        agent.Vms.ConsoleGreeting = "login: ";
        var result = await agent.RunAsync(CliInput.Typed("ls\n"), "vm", "console", "web", "--history", "--linger", "300ms");
        result.ShouldEndWith(ExitCode.Ok).Out.ShouldBe("login: <ls\n>");
        var attach = agent.Vms.Requests.OfType<StreamConsoleRequest>().First().Attach;
        attach.History.ShouldBeTrue();
        attach.ReadOnly.ShouldBeFalse();
    }

    [Fact]
    public async Task At_a_terminal_the_leave_key_ends_it_and_the_mode_is_put_back()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web", VmState.Running);
        var mode = new RawMode();
        var input = CliInput.Typed("ls\u001dlost") with { InputIsTerminal = true, RawMode = mode.Enter };
        (await agent.RunAsync(input, "vm", "console", "web")).ShouldEndWith(ExitCode.Ok).Error.ShouldContain("Ctrl-] leaves");
        mode.ShouldBe(new RawMode { Entered = 1, Left = 1 });
        agent.Vms.Requests.OfType<StreamConsoleRequest>().Where(r => r.Input.Length > 0).Select(r => r.Input.ToStringUtf8()).ShouldNotContain(i => i.Contains("lost"));
    }

    [Fact]
    public async Task The_mode_is_put_back_when_the_guest_is_not_there()
    {
        await using var agent = await FakeAgent.StartAsync();
        var mode = new RawMode();
        var keyboard = new Pipe();
        var input = new CliInput { Input = keyboard.Reader.AsStream(), InputIsTerminal = true, RawMode = mode.Enter };
        (await agent.RunAsync(input, "vm", "console", "nobody")).ShouldEndWith(ExitCode.NotFound);
        mode.ShouldBe(new RawMode { Entered = 1, Left = 1 });
    }

    [Fact]
    public async Task A_signal_puts_the_mode_back()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web", VmState.Running);
        agent.Vms.ConsoleGreeting = "x";
        using var interrupt = new CancellationTokenSource();
        var mode = new RawMode();
        var output = new Pipe();
        var input = new CliInput
        {
            Input = new Pipe().Reader.AsStream(),
            InputIsTerminal = true,
            RawMode = mode.Enter,
            Cancellation = interrupt.Token,
            Output = output.Writer.AsStream(),
        };
        var running = agent.RunAsync(input, "vm", "console", "web");
        await output.Reader.ReadAsync(TestContext.Current.CancellationToken);
        await interrupt.CancelAsync();
        (await running).ShouldEndWith(ExitCode.Interrupted);
        mode.ShouldBe(new RawMode { Entered = 1, Left = 1 });
    }

    [Fact]
    public async Task The_end_of_the_guest_ends_it()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web", VmState.Running);
        agent.Vms.ConsoleGreeting = "bye";
        agent.Vms.ConsoleInputs = 0;
        (await agent.RunAsync(new CliInput { Input = new Pipe().Reader.AsStream() }, "vm", "console", "web")).ShouldEndWith(ExitCode.Ok).Out.ShouldBe("bye");
    }

    [Fact]
    public async Task Reading_only_takes_no_input()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web", VmState.Running);
        agent.Vms.ConsoleGreeting = "bye";
        agent.Vms.ConsoleInputs = 0;
        (await agent.RunAsync(CliInput.Typed("ls\n"), "vm", "console", "web", "--read-only")).ShouldEndWith(ExitCode.Ok).Out.ShouldBe("bye");
        agent.Vms.Requests.OfType<StreamConsoleRequest>().ShouldHaveSingleItem().Attach.ReadOnly.ShouldBeTrue();
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "three\n")]
    [InlineData(2, "two\nthree\n")]
    [InlineData(9, "one\ntwo\nthree\n")]
    public async Task Logs_have_a_tail(int lines, string expected)
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        agent.Vms.ConsoleLog = "one\ntwo\nthree\n";
        (await agent.RunAsync("vm", "logs", "web", "--tail", $"{lines}")).ShouldEndWith(ExitCode.Ok).Out.ShouldBe(expected);
        Encoding.UTF8.GetString(VmLogs.LastLines("a\nb"u8.ToArray(), 1).Span).ShouldBe("b");
    }

    [Fact]
    public async Task Logs_on_a_terminal_cannot_steer_it()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        agent.Vms.ConsoleLog = "a\u001b[2Jb\n";
        (await agent.RunAsync(new CliInput { OutputIsTerminal = true }, "vm", "logs", "web")).Out.ShouldBe("ab\n");
        (await agent.RunAsync("vm", "logs", "web")).Out.ShouldBe("a\u001b[2Jb\n");
    }

    private sealed record RawMode : IDisposable
    {
        public int Entered { get; set; }

        public int Left { get; set; }

        public RawMode Enter()
        {
            Entered++;
            return this;
        }

        public void Dispose() => Left++;
    }
}
