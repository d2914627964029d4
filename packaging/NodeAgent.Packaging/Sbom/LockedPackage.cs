namespace NodeAgent.Packaging.Sbom;

/// <summary>A NuGet package as a lock file has it.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Version">The version that was taken.</param>
/// <param name="ContentHash">SHA-512 of its content in base64, which NuGet compares at every restore.</param>
/// <param name="Uses">The ids of the packages that it asks for; some are part of .NET itself and not in the lock file.</param>
internal sealed record LockedPackage(string Id, string Version, string ContentHash, IReadOnlyList<string> Uses)
{
    /// <summary>The package's URL (purl).</summary>
    public string Url => $"pkg:nuget/{Id}@{Version}";
}
