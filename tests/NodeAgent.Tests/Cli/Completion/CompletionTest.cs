using System.Diagnostics;
using NodeAgent.Cli.Errors;

namespace NodeAgent.Tests.Cli.Completion;

public sealed class CompletionTest
{
    [Theory]
    [InlineData("", "vm node event audit op context doctor top completion version", "nodectl", "")]
    [InlineData("", "start stop", "nodectl", "vm", "st")]
    [InlineData("", "--paused", "nodectl", "vm", "start", "--pa")]
    [InlineData("", "auto kvm tcg", "nodectl", "vm", "create", "--accel", "")]
    [InlineData("", "json name table wide yaml", "nodectl", "vm", "list", "-o", "")]
    [InlineData("", "shutdown", "nodectl", "--host", "unix:/x", "vm", "shut")]
    [InlineData("echo web; echo db", "web", "nodectl", "vm", "stop", "db", "w")]
    [InlineData("echo lab", "lab", "nodectl", "context", "use", "")]
    [InlineData("echo lab", "lab", "nodectl", "--context", "l")]
    public async Task Bash_completes(string agentSays, string expected, params string[] words)
    {
        var script = (await CliResult.RunAsync(new CliInput(), "completion", "bash")).ShouldEndWith(ExitCode.Ok).Out;
        var typed = string.Join(' ', words.Select(w => $"'{w}'"));
        var answer = await BashAsync(
            $"nodectl() {{ {(agentSays.Length == 0 ? "exit 9" : agentSays)}; }}\n{script}\nCOMP_WORDS=({typed}); COMP_CWORD={words.Length - 1}; _nodectl; echo \"${{COMPREPLY[*]}}\"");
        answer.ShouldBe(expected);
    }

    [Fact]
    public async Task All_shells_know_all_commands()
    {
        foreach (var shell in new[] { "bash", "zsh", "fish" })
        {
            var script = (await CliResult.RunAsync(new CliInput(), "completion", shell)).ShouldEndWith(ExitCode.Ok).Out;
            script.ShouldContain("' vm send-key'");
            script.ShouldContain("' event watch'");
        }
    }

    [Fact]
    public async Task Another_shell_is_a_usage_error() => (await CliResult.RunAsync(new CliInput(), "completion", "csh")).ShouldEndWith(ExitCode.Usage);

    private static async Task<string> BashAsync(string script)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var bash = Process.Start(start)!;
        await bash.StandardInput.WriteAsync(script);
        bash.StandardInput.Close();
        var answer = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
        return answer.Trim();
    }
}
