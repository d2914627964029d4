using System.Security.Cryptography;
using NodeAgent.Tls;

namespace NodeAgent.Tests.Tls;

/// <summary>Revocation lists of the configuration beside authorities that a manager gives, and beside those that it names itself.</summary>
public sealed class CredentialFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestFleet _fleet = new();
    private readonly TestFleet _gone = new("An Authority That Was Replaced");
    private readonly CredentialFiles _configured;
    private readonly string _list;

    public CredentialFilesTests()
    {
        _list = Path.Combine(_directory.Path, "revoked.der");
        var (certificate, key, authorities) = _fleet.WriteNode(_directory.Path);
        _configured = new CredentialFiles(certificate, key, authorities) { RevocationLists = [_list] };
    }

    private CredentialFiles Given => _configured with { GivenLists = Path.Combine(_directory.Path, "given.pem") };

    public void Dispose()
    {
        _fleet.Dispose();
        _gone.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void List_of_an_authority_that_the_fleet_dropped_is_left_aside_and_others_count()
    {
        using var revoked = _fleet.Client("operator");
        using var theirs = _gone.Client("operator");
        string[] lists = [PemEncoding.WriteString("X509 CRL", _gone.Revoke(theirs)), PemEncoding.WriteString("X509 CRL", _fleet.Revoke(revoked))];
        File.WriteAllLines(_list, lists);

        var read = Given.Load();

        read.LeftAside.ShouldBe([_list]);
        read.Trust.OfClient(revoked, null, TestFleet.Fleet, TimeProvider.System.GetUtcNow()).Problem.ShouldContain("revoked");
    }

    [Fact]
    public void List_that_is_damaged_or_signed_in_an_authoritys_name_is_an_error()
    {
        using var impostor = new TestFleet();
        foreach (var bad in (byte[][])["nonsense"u8.ToArray(), _fleet.Revoke()[..^1], impostor.Revoke()])
        {
            File.WriteAllBytes(_list, bad);
            Should.Throw<CryptographicException>(Given.Load).Message.ShouldStartWith(_list);
        }
    }

    [Fact]
    public void List_of_somebody_else_is_an_error_where_a_manager_gave_it_or_the_configuration_names_the_authorities()
    {
        File.WriteAllBytes(_list, _gone.Revoke());
        Should.Throw<CryptographicException>(_configured.Load).Message.ShouldContain("No authority of the fleet");

        File.Move(_list, Given.GivenLists!);
        Should.Throw<CryptographicException>(Given.Load).Message.ShouldContain("No authority of the fleet");
    }
}
