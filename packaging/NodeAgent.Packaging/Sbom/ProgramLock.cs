using System.Text.Json;
using System.Xml.Linq;

namespace NodeAgent.Packaging.Sbom;

/// <summary>A program that ships, and what its lock file says it is made from.</summary>
/// <param name="Name">The program: "nodeagentd".</param>
/// <param name="IsServer">Whether it has ASP.NET Core in it.</param>
/// <param name="RuntimeVersion">The version of .NET in it.</param>
/// <param name="Packages">The packages with code in it, by id.</param>
/// <param name="Uses">The ids of the packages that its own projects name.</param>
internal sealed record ProgramLock(
    string Name, bool IsServer, string RuntimeVersion, IReadOnlyDictionary<string, LockedPackage> Packages, IReadOnlyList<string> Uses)
{
    // The compiler's native half, which comes in the version of the runtime that it links into a program.
    private const string Runtime = "runtime.linux-x64.Microsoft.DotNet.ILCompiler";

    /// <summary>All programs of a source tree, by name.</summary>
    public static IReadOnlyList<ProgramLock> All(string root) =>
        [.. Directory.EnumerateFiles(Path.Combine(root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(file => (File: file, Project: XDocument.Load(file)))
            .Where(one => Value(one.Project, "OutputType") == "Exe")
            .Select(one => Read(one.File, one.Project))
            .OrderBy(program => program.Name, StringComparer.Ordinal)];

    private static ProgramLock Read(string file, XDocument project)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(file)!, "packages.lock.json")));
        var entries = document.RootElement.GetProperty("dependencies").EnumerateObject()
            .SelectMany(target => target.Value.EnumerateObject())
            .DistinctBy(entry => entry.Name)
            .ToDictionary(entry => entry.Name, entry => entry.Value, StringComparer.OrdinalIgnoreCase);
        var packages = entries
            .Where(entry => Kind(entry.Value) != "Project" && entry.Key != Runtime && PackageFolder.Ships(entry.Key, Text(entry.Value, "resolved")))
            .ToDictionary(
                entry => entry.Key,
                entry => new LockedPackage(entry.Key, Text(entry.Value, "resolved"), Text(entry.Value, "contentHash"), [.. Dependencies(entry.Value)]),
                StringComparer.OrdinalIgnoreCase);
        var named = entries.Where(entry => Kind(entry.Value) == "Direct").Select(entry => entry.Key)
            .Concat(entries.Where(entry => Kind(entry.Value) == "Project").SelectMany(entry => Dependencies(entry.Value)));
        return new ProgramLock(
            Value(project, "AssemblyName") ?? Path.GetFileNameWithoutExtension(file),
            project.Root?.Attribute("Sdk")?.Value == "Microsoft.NET.Sdk.Web",
            Text(entries[Runtime], "resolved"),
            packages,
            [.. named.Where(packages.ContainsKey).Select(id => packages[id].Id).Distinct().Order(StringComparer.Ordinal)]);
    }

    private static string? Value(XDocument project, string name) => project.Descendants(name).FirstOrDefault()?.Value;

    private static string Kind(JsonElement entry) => Text(entry, "type");

    private static string Text(JsonElement entry, string name) => entry.GetProperty(name).GetString()!;

    private static IEnumerable<string> Dependencies(JsonElement entry) =>
        entry.TryGetProperty("dependencies", out var all) ? all.EnumerateObject().Select(one => one.Name) : [];
}
