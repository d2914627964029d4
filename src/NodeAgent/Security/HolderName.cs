using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.Security;

/// <summary>What a certificate of the fleet says of its holder: a URI nodeagent://FLEET/ROLE/NAME in its subject alternative name.</summary>
/// <param name="Fleet">The fleet's id.</param>
/// <param name="Role">"manager", "operator", "node", …</param>
/// <param name="Name">The holder's name; a node's is its id.</param>
internal sealed record HolderName(string Fleet, string Role, string Name)
{
    /// <summary>The role of an agent.</summary>
    public const string NodeRole = "node";

    /// <summary>The role of a manager.</summary>
    public const string ManagerRole = "manager";

    private const string Scheme = "nodeagent://";

    // RFC 5280, 4.2.1.6.
    private const string SubjectAlternativeName = "2.5.29.17";
    private const int UniformResourceIdentifier = 6;

    // More would be an attempt at something.
    private const int Most = 16;

    /// <summary>All of a certificate's; URIs of other kinds are left out. Empty where the extension is broken.</summary>
    public static ImmutableArray<HolderName> Of(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        if (certificate.Extensions.FirstOrDefault(extension => extension.Oid?.Value == SubjectAlternativeName) is not { } extension)
        {
            return [];
        }

        try
        {
            var found = ImmutableArray.CreateBuilder<HolderName>();
            var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            var uri = new Asn1Tag(TagClass.ContextSpecific, UniformResourceIdentifier);
            while (names.HasData && found.Count < Most)
            {
                if (names.PeekTag().HasSameClassAndValue(uri))
                {
                    if (TryParse(names.ReadCharacterString(UniversalTagNumber.IA5String, uri), out var name))
                    {
                        found.Add(name);
                    }
                }
                else
                {
                    names.ReadEncodedValue();
                }
            }

            return found.ToImmutable();
        }
        catch (Exception broken) when (broken is AsnContentException or CryptographicException)
        {
            return [];
        }
    }

    /// <summary>Reads one; the form is in docs/security.md.</summary>
    public static bool TryParse(string uri, [NotNullWhen(true)] out HolderName? name)
    {
        name = null;
        if (!uri.StartsWith(Scheme, StringComparison.Ordinal) || uri[Scheme.Length..].Split('/') is not [var fleet, var role, var holder])
        {
            return false;
        }

        if (!IsWord(fleet, 64) || !IsWord(role, 32) || !IsWord(holder, 128))
        {
            return false;
        }

        name = new HolderName(fleet, role, holder);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Scheme}{Fleet}/{Role}/{Name}";

    // It goes on record and into messages.
    private static bool IsWord(string text, int longest) =>
        text.Length > 0 && text.Length <= longest && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');
}
