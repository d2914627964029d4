using System.Collections.Immutable;
using NodeAgent.Configuration;
using NodeAgent.Tls;

namespace NodeAgent.Hosting;

/// <summary>Where the node's certificate lies: in the files that the configuration names.</summary>
internal static class CredentialPlace
{
    /// <summary>The files; <c>null</c> where there are none.</summary>
    public static CredentialFiles? Of(AgentOptions options) => options.Remote.Certificate.Length == 0
        ? null
        : new CredentialFiles(Path(options.Remote.Certificate), Path(options.Remote.Key), Path(options.Remote.Authorities))
        {
            RevocationLists = options.Remote.RevocationList.Length == 0 ? ImmutableArray<string>.Empty : [Path(options.Remote.RevocationList)],
            DeniedSerials = options.Remote.DeniedSerials.Length == 0 ? null : Path(options.Remote.DeniedSerials),
        };

    // systemd.exec(5): LoadCredential= hands a file over in a directory that is the unit's alone.
    private static string Path(string configured) => configured.StartsWith(ValueText.CredentialScheme, StringComparison.Ordinal)
        ? System.IO.Path.Combine(Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") ?? "/run/credentials/nodeagentd.service", configured[ValueText.CredentialScheme.Length..])
        : configured;
}
