using System.Text.RegularExpressions;
using NodeAgent.Configuration;

namespace NodeAgent.Packaging.Man;

/// <summary>The page of the daemon, from what its <c>--help</c> prints.</summary>
internal static partial class DaemonPage
{
    /// <summary>Writes the page.</summary>
    public static ManPage Write(Edition edition)
    {
        var usage = CommandLine.Usage;
        var summary = usage.Split('\n')[0]["nodeagentd: ".Length..];
        var page = new ManPage("nodeagentd", 8, summary, edition);
        page.Title("SYNOPSIS");
        page.Synopsis("nodeagentd", $"[{Roff.Italic("OPTION")}]...");

        page.Title("DESCRIPTION");
        page.Paragraph($"**nodeagentd** {char.ToLowerInvariant(summary[0])}{summary[1..]}");
        page.Paragraph("Guests outlive it. Each is a process of its own that nothing of the agent's stop, crash, upgrade or removal touches; the next agent proves who it is and goes on with it.");
        page.Paragraph("It is used by **nodectl**(1) and by every client of the gRPC contract nodeagent.v1. Started by systemd, it says when it is ready, which is after every guest has been looked after.");

        page.Title("OPTIONS");
        foreach (var (term, text) in Options(usage))
        {
            page.Item(term, text);
        }

        page.Paragraph(Sentence(usage, "Later sources win"));
        page.Title("SIGNALS");
        foreach (var part in Sentence(usage, "Signals")["Signals: ".Length..].TrimEnd('.').Split("; "))
        {
            var (signal, meaning) = (part.Split(' ')[0], part[(part.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
            page.Item(Roff.Bold(signal), char.ToUpperInvariant(meaning[0]) + meaning[1..] + ".");
        }

        page.Title("EXIT STATUS");
        foreach (var part in Sentence(usage, "Exit status")["Exit status: ".Length..].TrimEnd('.').Split(", "))
        {
            page.Item(Roff.Bold(part.Split(' ')[0]), part[(part.IndexOf(' ', StringComparison.Ordinal) + 1)..] + ".");
        }

        page.Title("ENVIRONMENT");
        page.Item($"{Roff.Bold(ConfigSources.EnvironmentPrefix)}{Roff.Italic("SECTION")}{Roff.Bold("__")}{Roff.Italic("KEY")}", "Sets a key of the configuration; see **nodeagentd.conf**(5).");

        page.Title("FILES");
        page.Item(Roff.Bold("/etc/nodeagent/nodeagentd.conf"), "The configuration, with `conf.d/*.conf` beside it.");
        page.Item(Roff.Bold("/var/lib/nodeagent/"), "What must survive a reboot: the ledger, consoles' histories, the node's id; in `images/` the disks and kernels.");
        page.Item(Roff.Bold("/run/nodeagent/api.sock"), "The socket of the API.");

        page.Title("EXAMPLES");
        page.Paragraph("Check a changed configuration, and put it in force:");
        page.Example(["nodeagentd --validate && systemctl reload nodeagentd"]);
        page.Paragraph("Run beside the installed agent, for a try:");
        page.Example(["nodeagentd --state-dir /tmp/try/state --run-dir /tmp/try/run --metrics-listen none"]);
        page.SeeAlso([("nodectl", 1), ("nodeagentd.conf", 5), ("qemu-system-x86_64", 1), ("systemctl", 1)]);
        return page;
    }

    /// <summary>The options with their explanations, which may go on in further lines.</summary>
    internal static IReadOnlyList<(string Term, string Text)> Options(string usage) =>
        [.. OptionBlock().Matches(usage).Select(match => (Term(match.Groups[1].Value), string.Join(' ', match.Groups[2].Value.Split('\n').Select(line => line.Trim()))))];

    private static string Term(string option)
    {
        var space = option.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? Roff.Bold(option) : $"{Roff.Bold(option[..space])} {Roff.Italic(option[(space + 1)..])}";
    }

    private static string Sentence(string usage, string begin) =>
        usage.Split('\n').Single(line => line.StartsWith(begin, StringComparison.Ordinal));

    [GeneratedRegex(@"^  (--[a-z-]+(?: \S+)?) {2,}(.+(?:\n {20,}.+)*)", RegexOptions.Multiline)]
    private static partial Regex OptionBlock();
}
