using System.Text.Json;
using NodeAgent.Packaging;
using NodeAgent.Packaging.Sbom;

namespace NodeAgent.Tests.Packaging;

public sealed class BillOfMaterialsTests
{
    private static readonly Edition s_edition = new("1.2.3", DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));

    [Fact]
    public void Every_package_in_the_lock_files_of_the_programs_is_listed_with_licence_and_hash()
    {
        using var bill = Bill();
        var components = Components(bill);

        new[] { "nodeagentd", "nodectl" }.ShouldBeSubsetOf(ProgramLock.All(Repository.Root).Select(program => program.Name));
        foreach (var package in ProgramLock.All(Repository.Root).SelectMany(program => program.Packages.Values))
        {
            var component = components[package.Url];
            component.GetProperty("licenses")[0].GetProperty("expression").GetString().ShouldNotBeNullOrEmpty();
            component.GetProperty("hashes")[0].GetProperty("content").GetString()!.Length.ShouldBe(128);
        }

        components.Keys.ShouldContain(url => url.StartsWith("pkg:nuget/Grpc.Net.Client@", StringComparison.Ordinal));
        components.Keys.ShouldContain(url => url.StartsWith("pkg:nuget/prometheus-net@", StringComparison.Ordinal));
    }

    [Fact]
    public void The_runtime_that_is_compiled_in_is_listed()
    {
        using var bill = Bill();
        var runtimes = Components(bill).Values.Where(component => component.GetProperty("type").GetString() == "framework").Select(component => component.GetProperty("name").GetString());
        runtimes.ShouldBe(["Microsoft.NETCore.App.Runtime.NativeAOT.linux-x64", "Microsoft.AspNetCore.App.Runtime.linux-x64"], ignoreOrder: true);
    }

    [Fact]
    public void What_only_builds_is_not_listed()
    {
        using var bill = Bill();
        Components(bill).Keys.ShouldNotContain(url => url.Contains("Analyzers", StringComparison.Ordinal) || url.Contains("ILCompiler", StringComparison.Ordinal) || url.Contains("Grpc.Tools", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_depended_on_is_a_component_and_every_component_is_reached()
    {
        using var bill = Bill();
        var components = Components(bill).Keys.Append("pkg:generic/nodeagent@1.2.3").ToHashSet();
        var uses = bill.RootElement.GetProperty("dependencies").EnumerateArray().ToDictionary(
            entry => entry.GetProperty("ref").GetString()!, entry => entry.GetProperty("dependsOn").EnumerateArray().Select(used => used.GetString()!).ToArray());

        uses.SelectMany(entry => entry.Value.Append(entry.Key)).Except(components).ShouldBeEmpty();
        var reached = new HashSet<string> { "pkg:generic/nodeagent@1.2.3" };
        var open = new Queue<string>(reached);
        while (open.TryDequeue(out var next))
        {
            foreach (var used in uses.GetValueOrDefault(next, []).Where(reached.Add))
            {
                open.Enqueue(used);
            }
        }

        components.Except(reached).ShouldBeEmpty();
    }

    [Fact]
    public void The_same_sources_give_the_same_bytes_and_another_time_another_number()
    {
        var first = BillOfMaterials.Write(Repository.Root, s_edition);

        BillOfMaterials.Write(Repository.Root, s_edition).ShouldBe(first);
        using var bill = JsonDocument.Parse(first);
        using var later = JsonDocument.Parse(BillOfMaterials.Write(Repository.Root, s_edition with { Time = s_edition.Time.AddDays(1) }));
        later.RootElement.GetProperty("serialNumber").GetString().ShouldNotBe(bill.RootElement.GetProperty("serialNumber").GetString());
    }

    private static JsonDocument Bill() => JsonDocument.Parse(BillOfMaterials.Write(Repository.Root, s_edition));

    private static Dictionary<string, JsonElement> Components(JsonDocument bill) =>
        bill.RootElement.GetProperty("components").EnumerateArray().ToDictionary(component => component.GetProperty("bom-ref").GetString()!);
}
