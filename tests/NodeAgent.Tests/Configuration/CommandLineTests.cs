using NodeAgent.Configuration;

namespace NodeAgent.Tests.Configuration;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("", "Run")]
    [InlineData("--validate", "Validate")]
    [InlineData("--version", "Version")]
    [InlineData("--help", "Help")]
    [InlineData("-h", "Help")]
    [InlineData("--help --version --validate", "Help")]
    [InlineData("--validate --version", "Version")]
    public void Actions(string arguments, string expected)
    {
        var problems = new List<ConfigProblem>();

        CommandLine.Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), problems).Action.ToString().ShouldBe(expected);
        problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--stat-dir /x", "--stat-dir: There is no such option.")]
    [InlineData("--state-dir", "--state-dir: The option needs a value.")]
    [InlineData("--state-dir=", "--state-dir: The option needs a value.")]
    [InlineData("start", "start: There is no such option.")]
    public void Faults(string arguments, string expected)
    {
        var problems = new List<ConfigProblem>();

        CommandLine.Parse(arguments.Split(' '), problems);

        problems[0].ToString().ShouldBe($"command line: {expected} See nodeagentd --help.");
    }

    [Fact]
    public void Relative_directories_are_taken_from_the_working_directory()
    {
        var line = CommandLine.Parse(["--state-dir", "here"], []);

        line.Entries.ShouldHaveSingleItem().Value.ShouldBe(Path.Combine(Environment.CurrentDirectory, "here"));
    }

    [Fact]
    public void Simulate_is_short_for_a_launcher()
    {
        var problems = new List<ConfigProblem>();

        var entry = CommandLine.Parse(["--simulate"], problems).Entries.ShouldHaveSingleItem();
        CommandLine.Parse(["--simulate=yes"], problems);

        (entry.Section, entry.Name, entry.Value).ShouldBe(("qemu", "launcher", "simulated"));
        problems.ShouldHaveSingleItem().ToString().ShouldContain("There is no such option");
    }

    [Fact]
    public void The_help_names_every_option()
    {
        foreach (var option in new[] { "--config", "--state-dir", "--run-dir", "--listen", "--metrics-listen", "--simulate", "--validate", "--version", "--help" })
        {
            CommandLine.Usage.ShouldContain(option);
        }
    }
}
