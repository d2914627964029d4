using System.Text.Json;
using System.Xml.Linq;

namespace NodeAgent.Tests.Architecture;

/// <summary>The floors of the house (ARCHITECTURE.md): arrows between projects point down only.</summary>
public sealed class ProjectArrowTests
{
    public static TheoryData<string, string[]> MaySee => new()
    {
        { "NodeAgent.Bindings", [] },
        { "NodeAgent.Contract", [] },
        { "NodeAgent.Hypervisor", ["NodeAgent.Bindings"] },
        { "NodeAgent", ["NodeAgent.Hypervisor", "NodeAgent.Bindings", "NodeAgent.Contract"] },
        { "NodeAgent.Cli", ["NodeAgent.Contract"] },
        { "NodeAgent.Unit", ["NodeAgent.Bindings"] },
    };

    [Theory]
    [MemberData(nameof(MaySee))]
    public void A_project_references_only_what_lies_below_it(string project, string[] allowed) =>
        References(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)!).Except(allowed).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(MaySee))]
    public void Compiled_code_uses_only_what_lies_below_it(string project, string[] allowed)
    {
        var projects = Floors.ByProject.ToDictionary(pair => pair.Value.GetName().Name!, pair => pair.Key);
        Floors.ByProject[project].GetReferencedAssemblies()
            .Where(used => projects.ContainsKey(used.Name!))
            .Select(used => projects[used.Name!])
            .Except(allowed)
            .ShouldBeEmpty();
    }

    [Fact]
    public void Every_project_that_ships_has_its_row_here()
    {
        var projects = Repository.Files("src", "*.csproj").Select(path => Path.GetFileNameWithoutExtension(path)!).ToArray();
        MaySee.Select(row => row.Data.Item1).Order(StringComparer.Ordinal).ShouldBe(projects.Order(StringComparer.Ordinal));
        Floors.ByProject.Keys.Order(StringComparer.Ordinal).ShouldBe(projects.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("NodeAgent.Bindings")]
    [InlineData("NodeAgent.Hypervisor")]
    public void The_lower_floors_know_nothing_of_servers_and_metrics(string project)
    {
        string[] forbidden = ["Grpc", "Google.", "prometheus", "Microsoft.AspNetCore"];
        string[] known =
        [
            .. Packages(project),
            .. References(project, "FrameworkReference"),
            .. Floors.ByProject[project].GetReferencedAssemblies().Select(used => used.Name!),
        ];
        known.Length.ShouldBeGreaterThan(3);
        known.Where(name => forbidden.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))).ShouldBeEmpty();
    }

    [Fact]
    public void Only_the_metrics_folder_knows_the_metrics_library()
    {
        var users = Floors.Uses.Where(use => use.ToSpace.Split('.')[0] == "Prometheus").ToArray();
        users.Select(use => use.FromSpace).ShouldContain("NodeAgent.Metrics");
        users.Where(use => use.FromSpace != "NodeAgent.Metrics").Select(use => $"{use.From} uses {use.To}").ShouldBeEmpty();
    }

    // Everything that comes along, also through other packages: the lock file has it all.
    private static IEnumerable<string> Packages(string project)
    {
        using var file = JsonDocument.Parse(Repository.Read($"src/{project}/packages.lock.json"));
        return [.. file.RootElement.GetProperty("dependencies").EnumerateObject()
            .SelectMany(target => target.Value.EnumerateObject())
            .Select(package => package.Name)];
    }

    private static IEnumerable<string> References(string project, string kind) =>
        XDocument.Parse(Repository.Read($"src/{project}/{project}.csproj")).Descendants(kind)
            .Select(reference => reference.Attribute("Include")!.Value);
}
