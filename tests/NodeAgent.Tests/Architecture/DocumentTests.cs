using System.Reflection;
using System.Text.RegularExpressions;

namespace NodeAgent.Tests.Architecture;

/// <summary>What the documents name is there.</summary>
public sealed partial class DocumentTests
{
    private static readonly Lazy<HashSet<string>> s_names = new(ReadNames);
    private static readonly Lazy<HashSet<string>> s_paths = new(ReadPaths);

    [Theory]
    [InlineData("README.md")]
    [InlineData("ARCHITECTURE.md")]
    [InlineData("CONTRIBUTING.md")]
    public void Every_file_and_folder_that_is_named_is_there(string document)
    {
        var named = Marked(document).Where(IsPath).ToArray();
        named.ShouldNotBeEmpty();
        named.Where(path => !IsThere(path)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_type_and_member_that_the_architecture_names_is_there()
    {
        var named = Marked("ARCHITECTURE.md").SelectMany(text => Identifiers(text)).ToArray();
        named.ShouldContain("VmLifecycle");
        named.Where(name => !s_names.Value.Contains(name)).Distinct().ShouldBeEmpty();
    }

    [Fact]
    public void Every_link_between_documents_leads_somewhere()
    {
        string[] documents = [.. Directory.GetFiles(Repository.Root, "*.md").Select(file => Path.GetFileName(file)!), .. Repository.Files("docs", "*.md")];
        documents.Length.ShouldBeGreaterThan(10);
        documents.SelectMany(document => Link().Matches(Repository.Read(document))
                .Select(link => link.Groups[1].Value.Split('#')[0])
                .Where(target => target.Length > 0 && !target.Contains(':', StringComparison.Ordinal))
                .Where(target => !Path.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(document)!, target)))
                .Select(target => $"{document}: {target}"))
            .ShouldBeEmpty();
    }

    [Theory]
    [InlineData("src/NodeAgent.Hypervisor/Vms/VmLifecycle.cs", true, true)]
    [InlineData("Vms/VmLifecycle.cs", true, true)]
    [InlineData("Vms/VmLife.cs", true, false)]
    [InlineData("docs/adr/", true, true)]
    [InlineData("docs/adrs/", true, false)]
    [InlineData("make demo", false, false)]
    [InlineData("/var/lib/nodeagent", false, false)]
    [InlineData("artifacts/bin/nodectl", false, false)]
    [InlineData("VmLifecycle", false, false)]
    public void The_rule_for_paths_knows_what_it_looks_for(string text, bool isPath, bool isThere)
    {
        IsPath(text).ShouldBe(isPath);
        if (isPath)
        {
            IsThere(text).ShouldBe(isThere);
        }
    }

    /// <summary>What stands in backticks, and the paths in drawings, which are fenced blocks of the kind "text".</summary>
    private static IEnumerable<string> Marked(string document)
    {
        var text = Repository.Read(document);
        return Fence().Replace(text, "").Split('\n')
            .SelectMany(line => Backticks().Matches(line).Select(match => match.Groups[1].Value))
            .Concat(Fence().Matches(text)
                .Where(block => block.Value.StartsWith("```text", StringComparison.Ordinal))
                .SelectMany(block => PathInBlock().Matches(block.Value).Select(match => match.Value)));
    }

    // Paths on a host begin with a slash, and what a build makes is not in the tree.
    private static bool IsPath(string text) =>
        PathText().IsMatch(text) && !text.StartsWith('/') && !text.StartsWith("artifacts/", StringComparison.Ordinal);

    // From the root, or the end of a path that is there: "Vms/VmStart.cs" reads better than all of it.
    private static bool IsThere(string path)
    {
        var end = "/" + path.TrimEnd('/');
        return s_paths.Value.Any(there => there.EndsWith(end, StringComparison.Ordinal));
    }

    private static HashSet<string> ReadPaths()
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in Repository.Files(".", "*"))
        {
            for (var path = file; path.Length > 0; path = Path.GetDirectoryName(path)!)
            {
                paths.Add("/" + path);
            }
        }

        return paths;
    }

    private static string[] Identifiers(string text) =>
        IdentifierText().IsMatch(text) ? text.Split('.') : [];

    private static HashSet<string> ReadNames()
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var types = Floors.ByProject.Values.SelectMany(assembly => assembly.GetTypes()).ToArray();
        return
        [
            .. typeof(object).Assembly.GetExportedTypes().Concat(types).Select(type => type.Name.Split('`')[0]),
            .. types.SelectMany(type => type.GetMembers(all)).Select(member => member.Name),
        ];
    }

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"(?<![\w./-])(?:src|tests|docs|proto|packaging|systemd)/[\w./-]*\w")]
    private static partial Regex PathInBlock();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Backticks();

    [GeneratedRegex(@"^(?:[\w.-]+/)+[\w.-]*$|^[\w.-]+\.(?:cs|md|proto|sh|csproj|props|json|table|conf|sln)$")]
    private static partial Regex PathText();

    [GeneratedRegex(@"^[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*(?:\.[A-Z][A-Za-z0-9]+)*$")]
    private static partial Regex IdentifierText();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
