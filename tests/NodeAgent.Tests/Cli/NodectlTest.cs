using System.CommandLine;
using NodeAgent.Cli;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Terminal;

namespace NodeAgent.Tests.Cli;

public sealed class NodectlTest
{
    [Fact]
    public async Task Help_of_every_command_is_there_and_tells_its_examples()
    {
        var examples = 0;
        foreach (var path in Paths(Nodectl.Tree(new Shell(Nowhere)), []))
        {
            var help = (await CliResult.RunAsync(new CliInput(), [.. path, "--help"])).ShouldEndWith(ExitCode.Ok).Out;
            help.ShouldContain("Usage:");
            examples += help.Contains("Examples:", StringComparison.Ordinal) ? 1 : 0;
        }

        examples.ShouldBeGreaterThan(20);
    }

    [Fact]
    public void Every_command_in_an_example_parses()
    {
        var shell = new Shell(Nowhere);
        var root = Nodectl.Tree(shell);
        foreach (var command in All(root))
        {
            foreach (var example in shell.ExamplesOf(command).SelectMany(e => e.Split('|')).Where(e => e.Contains("nodectl ", StringComparison.Ordinal)))
            {
                var line = example[(example.IndexOf("nodectl ", StringComparison.Ordinal) + 8)..].Split('>')[0].TrimEnd(')', ' ');
                root.Parse(line).Errors.ShouldBeEmpty(example);
            }
        }
    }

    [Fact]
    public async Task The_version_is_printed() => (await CliResult.RunAsync(new CliInput(), "--version")).ShouldEndWith(ExitCode.Ok).Out.ShouldStartWith("0.");

    [Fact]
    public async Task Without_a_verb_the_help_says_which_there_are()
    {
        var result = (await CliResult.RunAsync(new CliInput(), "vm")).ShouldEndWith(ExitCode.Usage);
        result.Out.ShouldContain("send-key");
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);

    private static IEnumerable<string[]> Paths(Command command, string[] path) =>
        command.Subcommands.SelectMany(c => Paths(c, [.. path, c.Name])).Prepend(path);

    private static Surroundings Nowhere => new()
    {
        Out = TextWriter.Null,
        RawOut = Stream.Null,
        Error = TextWriter.Null,
        Input = Stream.Null,
        Environment = _ => null,
    };
}
