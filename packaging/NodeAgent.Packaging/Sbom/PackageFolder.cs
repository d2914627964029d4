using System.Xml.Linq;

namespace NodeAgent.Packaging.Sbom;

/// <summary>Where NuGet keeps the packages that this tree was restored from.</summary>
internal static class PackageFolder
{
    private static readonly string s_root = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>Whether a package holds code that ends up in a program; analyzers and compilers do not.</summary>
    public static bool Ships(string id, string version) =>
        Directory.Exists(Path.Combine(Of(id, version), "lib")) || Directory.Exists(Path.Combine(Of(id, version), "runtimes"));

    /// <summary>The licence of a package as an SPDX expression.</summary>
    public static string Licence(string id, string version)
    {
        var nuspec = XDocument.Load(Path.Combine(Of(id, version), $"{Lower(id)}.nuspec"));
        return nuspec.Descendants().FirstOrDefault(element => element.Name.LocalName == "license" && element.Attribute("type")?.Value == "expression")?.Value
            ?? throw new InvalidOperationException($"{id} {version} does not tell its licence as an SPDX expression");
    }

    private static string Of(string id, string version)
    {
        var folder = Path.Combine(s_root, Lower(id), Lower(version));
        return Directory.Exists(folder) ? folder : throw new InvalidOperationException($"{id} {version} is not restored; build first");
    }

    // The folder's names are in lower case.
#pragma warning disable CA1308
    private static string Lower(string text) => text.ToLowerInvariant();
#pragma warning restore CA1308
}
