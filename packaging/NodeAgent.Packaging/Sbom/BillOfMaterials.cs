using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace NodeAgent.Packaging.Sbom;

/// <summary>
/// What the programs are made from, as CycloneDX 1.5 in JSON: the packages of the lock files with versions, licences and
/// hashes, and the .NET runtime that is compiled in. The same sources give the same bytes.
/// </summary>
internal static class BillOfMaterials
{
    private const string Agent = "pkg:generic/nodeagent@";

    /// <summary>Writes it for a source tree that is restored.</summary>
    public static string Write(string root, Edition edition)
    {
        var programs = ProgramLock.All(root);
        var body = Json(programs, edition, Guid.Empty);
        // Not random, so that it is the same for the same content, and another for any other.
        var serial = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(body)).AsSpan(0, 16), bigEndian: true);
        return Json(programs, edition, serial) + "\n";
    }

    private static string Json(IReadOnlyList<ProgramLock> programs, Edition edition, Guid serial)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "http://cyclonedx.org/schema/bom-1.5.schema.json");
            json.WriteString("bomFormat", "CycloneDX");
            json.WriteString("specVersion", "1.5");
            json.WriteString("serialNumber", $"urn:uuid:{serial}");
            json.WriteNumber("version", 1);
            json.WriteStartObject("metadata");
            json.WriteString("timestamp", edition.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            json.WritePropertyName("component");
            WriteComponent(json, "application", "nodeagent", edition.Version, Agent + edition.Version, "Apache-2.0", null, []);
            json.WriteEndObject();
            WriteComponents(json, programs, edition);
            WriteDependencies(json, programs, edition);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void WriteComponents(Utf8JsonWriter json, IReadOnlyList<ProgramLock> programs, Edition edition)
    {
        json.WriteStartArray("components");
        foreach (var program in programs)
        {
            WriteComponent(json, "application", program.Name, edition.Version, Url(program, edition), "Apache-2.0", null, []);
        }

        foreach (var runtime in programs.SelectMany(program => Runtimes(program).Select(runtime => (runtime.Name, runtime.Version, runtime.Url, Program: program.Name))).GroupBy(use => use.Url))
        {
            var (name, version, url, _) = runtime.First();
            WriteComponent(json, "framework", name, version, url, "MIT", null, runtime.Select(use => use.Program));
        }

        var packages = programs.SelectMany(program => program.Packages.Values.Select(package => (Package: package, Program: program.Name)));
        foreach (var uses in packages.GroupBy(use => use.Package.Url).OrderBy(uses => uses.Key, StringComparer.Ordinal))
        {
            var package = uses.First().Package;
            WriteComponent(
                json, "library", package.Id, package.Version, package.Url, PackageFolder.Licence(package.Id, package.Version), package.ContentHash, uses.Select(use => use.Program));
        }

        json.WriteEndArray();
    }

    private static void WriteComponent(
        Utf8JsonWriter json, string type, string name, string version, string url, string licence, string? hash, IEnumerable<string> programs)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteString("bom-ref", url);
        json.WriteString("name", name);
        json.WriteString("version", version);
        if (hash is not null)
        {
            json.WriteStartArray("hashes");
            json.WriteStartObject();
            json.WriteString("alg", "SHA-512");
            json.WriteString("content", Convert.ToHexStringLower(Convert.FromBase64String(hash)));
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteStartArray("licenses");
        json.WriteStartObject();
        json.WriteString("expression", licence);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("purl", url);
        var all = programs.Order(StringComparer.Ordinal).ToList();
        if (all.Count > 0)
        {
            json.WriteStartArray("properties");
            foreach (var program in all)
            {
                json.WriteStartObject();
                json.WriteString("name", "nodeagent:compiled-into");
                json.WriteString("value", program);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteDependencies(Utf8JsonWriter json, IReadOnlyList<ProgramLock> programs, Edition edition)
    {
        json.WriteStartArray("dependencies");
        WriteDependency(json, Agent + edition.Version, programs.Select(program => Url(program, edition)));
        foreach (var program in programs)
        {
            WriteDependency(json, Url(program, edition), [.. Runtimes(program).Select(runtime => runtime.Url), .. program.Uses.Select(id => program.Packages[id].Url)]);
        }

        var uses = programs.SelectMany(program => program.Packages.Values.Select(package => (
            package.Url, Uses: package.Uses.Where(program.Packages.ContainsKey).Select(id => program.Packages[id].Url))));
        foreach (var package in uses.GroupBy(use => use.Url).OrderBy(package => package.Key, StringComparer.Ordinal))
        {
            WriteDependency(json, package.Key, package.SelectMany(use => use.Uses));
        }

        json.WriteEndArray();
    }

    private static void WriteDependency(Utf8JsonWriter json, string url, IEnumerable<string> uses)
    {
        json.WriteStartObject();
        json.WriteString("ref", url);
        json.WriteStartArray("dependsOn");
        foreach (var used in uses.Distinct().Order(StringComparer.Ordinal))
        {
            json.WriteStringValue(used);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Url(ProgramLock program, Edition edition) => $"pkg:generic/{program.Name}@{edition.Version}";

    private static IEnumerable<(string Name, string Version, string Url)> Runtimes(ProgramLock program)
    {
        string[] names = program.IsServer ? ["Microsoft.NETCore.App.Runtime.NativeAOT.linux-x64", "Microsoft.AspNetCore.App.Runtime.linux-x64"] : ["Microsoft.NETCore.App.Runtime.NativeAOT.linux-x64"];
        return names.Select(name => (name, program.RuntimeVersion, $"pkg:nuget/{name}@{program.RuntimeVersion}"));
    }
}
