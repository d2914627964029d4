namespace NodeAgent.Cli.Transport;

/// <summary>Where certificate, key and trust lie, in PEM; null where that is not said.</summary>
/// <param name="Certificate">The user's certificate, and after it what leads to an authority.</param>
/// <param name="Key">Its key, not encrypted.</param>
/// <param name="Authorities">The authorities of the fleet.</param>
internal sealed record CredentialPaths(string? Certificate, string? Key, string? Authorities)
{
    /// <summary>As the environment says it.</summary>
    public static CredentialPaths Of(Func<string, string?> environment) =>
        new(Given(environment("NODECTL_CERTIFICATE")), Given(environment("NODECTL_KEY")), Given(environment("NODECTL_AUTHORITIES")));

    /// <summary>Those that are there in the user's folder.</summary>
    public static CredentialPaths In(string folder) => new(IfThere(folder, "cert.pem"), IfThere(folder, "key.pem"), IfThere(folder, "ca.pem"));

    /// <summary>What is not said here is taken from there.</summary>
    public CredentialPaths Or(CredentialPaths there) => new(Certificate ?? there.Certificate, Key ?? there.Key, Authorities ?? there.Authorities);

    /// <summary>With paths that do not depend on the current folder.</summary>
    public CredentialPaths Absolute(string folder) => new(Full(Certificate, folder), Full(Key, folder), Full(Authorities, folder));

    private static string? Full(string? path, string folder) => path is null ? null : Path.GetFullPath(path, folder);

    private static string? Given(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private static string? IfThere(string folder, string name) => Path.Combine(folder, name) is var path && File.Exists(path) ? path : null;
}
