namespace ReferenceManager.Authority;

/// <summary>A certificate on record.</summary>
/// <param name="Serial">Serial number in hexadecimal, upper case.</param>
/// <param name="Role">What its holder is, as the URI writes it.</param>
/// <param name="Name">The holder's name; a node's id.</param>
/// <param name="Key">Fingerprint of the holder's key.</param>
/// <param name="Der">The certificate itself.</param>
/// <param name="Begin">When it was issued.</param>
/// <param name="End">When it ends.</param>
/// <param name="Authority">Number of the authority that issued it.</param>
/// <param name="IsRevoked">Whether it was taken back.</param>
internal sealed record IssuedCertificate(
    string Serial, string Role, string Name, string Key, byte[] Der, DateTimeOffset Begin, DateTimeOffset End, int Authority, bool IsRevoked);
