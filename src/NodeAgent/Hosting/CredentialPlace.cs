using NodeAgent.Configuration;
using NodeAgent.Fleet;
using NodeAgent.Tls;

namespace NodeAgent.Hosting;

/// <summary>Where the node's certificate lies: in the files that the configuration names, or where the fleet's are kept.</summary>
internal static class CredentialPlace
{
    /// <summary>The files; <c>null</c> where there are none. Whom the configuration refuses is refused in a fleet too.</summary>
    public static CredentialFiles? Of(AgentOptions options, MembershipStore membership)
    {
        var files = options.Remote.Certificate.Length > 0
            ? new CredentialFiles(Path(options.Remote.Certificate), Path(options.Remote.Key), Path(options.Remote.Authorities))
            : membership.Files;
        return files is null ? null : files with
        {
            RevocationLists = options.Remote.RevocationList.Length == 0 ? files.RevocationLists : [.. files.RevocationLists, Path(options.Remote.RevocationList)],
            DeniedSerials = options.Remote.DeniedSerials.Length == 0 ? null : Path(options.Remote.DeniedSerials),
        };
    }

    // systemd.exec(5): LoadCredential= hands a file over in a directory that is the unit's alone.
    private static string Path(string configured) => configured.StartsWith(ValueText.CredentialScheme, StringComparison.Ordinal)
        ? System.IO.Path.Combine(Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") ?? "/run/credentials/nodeagentd.service", configured[ValueText.CredentialScheme.Length..])
        : configured;
}
