using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.Cli.Transport;

/// <summary>
/// What a certificate of a fleet says of its holder: a URI nodeagent://FLEET/ROLE/NAME in its subject alternative name
/// (docs/security.md). The agent has its own reader of the same form; programs on both sides share the contract only.
/// </summary>
internal sealed record HolderName(string Fleet, string Role, string Name)
{
    /// <summary>The role of an agent.</summary>
    public const string NodeRole = "node";

    private const string Scheme = "nodeagent://";

    // RFC 5280, 4.2.1.6.
    private const string SubjectAlternativeName = "2.5.29.17";
    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, 6);

    /// <summary>All of a certificate's; none where the extension is broken or missing.</summary>
    public static IReadOnlyList<HolderName> Of(X509Certificate2 certificate)
    {
        var found = new List<HolderName>();
        try
        {
            foreach (var extension in certificate.Extensions.Where(e => e.Oid?.Value == SubjectAlternativeName))
            {
                var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (names.HasData)
                {
                    if (!names.PeekTag().HasSameClassAndValue(Uri))
                    {
                        names.ReadEncodedValue();
                    }
                    else if (names.ReadCharacterString(UniversalTagNumber.IA5String, Uri) is var uri
                        && uri.StartsWith(Scheme, StringComparison.Ordinal)
                        && uri[Scheme.Length..].Split('/') is [{ Length: > 0 } fleet, { Length: > 0 } role, { Length: > 0 } name])
                    {
                        found.Add(new HolderName(fleet, role, name));
                    }
                }
            }

            return found;
        }
        catch (Exception broken) when (broken is AsnContentException or CryptographicException)
        {
            return [];
        }
    }
}
