using System.Security.Cryptography;
using Google.Rpc;
using Grpc.Core;
using ReferenceManager.Admin.V1;

namespace NodeAgent.Tests.ReferenceManager;

public sealed class RenewalTests : IAsyncLifetime
{
    private readonly ECDsa _newKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private TestFleet _manager = null!;
    private TestNode _node = null!;

    public async ValueTask InitializeAsync()
    {
        _manager = await TestFleet.StartAsync();
        _node = await _manager.JoinAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        _newKey.Dispose();
        await _manager.DisposeAsync();
    }

    [Fact]
    public async Task A_node_gets_its_next_certificate_for_a_new_key()
    {
        var old = _node.Certificate!;
        _manager.Time.Advance(TimeSpan.FromDays(6));

        _node.Accept(await _node.RenewAsync(_newKey), _newKey);

        _node.Certificate!.NotAfter.ShouldBeGreaterThan(old.NotAfter);
        _node.Certificate.PublicKey.ExportSubjectPublicKeyInfo().ShouldBe(_newKey.ExportSubjectPublicKeyInfo());
        (await _manager.FindAsync(_node)).CertificateSerial.ShouldBe(_node.Certificate.SerialNumber);
        using var session = await _node.OpenSessionAsync();
        await session.NextAsync(Manager.V1.OpenSessionResponse.ItemOneofCase.Welcome);
    }

    [Fact]
    public async Task An_expired_certificate_is_shut_out_and_can_be_renewed()
    {
        _manager.Time.Advance(TimeSpan.FromDays(400));
        using (var session = await _node.OpenSessionAsync())
        {
            (await session.EndAsync()).StatusCode.ShouldBe(StatusCode.Unauthenticated);
        }

        _node.Accept(await _node.RenewAsync(_newKey), _newKey);

        using var next = await _node.OpenSessionAsync();
        await next.NextAsync(Manager.V1.OpenSessionResponse.ItemOneofCase.Welcome);
    }

    [Fact]
    public async Task A_foreign_key_renews_nothing()
    {
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        (await ReasonAsync(_node.RenewAsync(_newKey, signer: foreign))).ShouldBe("KEY_UNKNOWN");
    }

    [Fact]
    public async Task The_certificate_of_another_fleet_renews_nothing()
    {
        await using var elsewhere = await TestFleet.StartAsync();
        using var stranger = new TestNode(elsewhere) { Id = _node.Id };
        stranger.Accept((await stranger.EnrolAsync(await elsewhere.CreateTokenAsync())).Issued);
        using var here = new TestNode(_manager) { Id = _node.Id, Key = stranger.Key };
        here.Accept(new Manager.V1.Issued { CertificateChain = { Google.Protobuf.ByteString.CopyFrom(stranger.Certificate!.RawData) } });

        (await ReasonAsync(here.RenewAsync(_newKey))).ShouldBe("KEY_UNKNOWN");
    }

    [Fact]
    public async Task A_node_renews_in_its_own_name_only()
    {
        using var other = new TestNode(_manager) { Key = _node.Key };
        other.Accept(new Manager.V1.Issued { CertificateChain = { Google.Protobuf.ByteString.CopyFrom(_node.Certificate!.RawData) } });
        (await ReasonAsync(other.RenewAsync(_newKey))).ShouldBe("KEY_UNKNOWN");
    }

    [Fact]
    public async Task A_revoked_node_is_not_renewed()
    {
        await _manager.Admin.RevokeAsync(new RevokeRequest { What = _node.Id });
        (await ReasonAsync(_node.RenewAsync(_newKey))).ShouldBe("NODE_REVOKED");
    }

    [Fact]
    public async Task An_answer_that_was_lost_is_given_again()
    {
        var first = await _node.RenewAsync(_newKey);
        (await _node.RenewAsync(_newKey)).CertificateChain.ShouldBe(first.CertificateChain);
    }

    [Fact]
    public async Task A_host_that_slept_through_a_rotation_is_not_stranded()
    {
        await _manager.RotateAsync(RotateAuthorityRequest.Types.Step.Begin);
        await _manager.Admin.RotateAuthorityAsync(new RotateAuthorityRequest { Step = RotateAuthorityRequest.Types.Step.Finish, Force = true });
        // It does not know the new authority, and takes the bundle from whoever holds the key that it was given once more.
        _node.Trust = new();

        _node.Accept(await _node.RenewAsync(_newKey), _newKey);

        using var session = await _node.OpenSessionAsync();
        await session.NextAsync(Manager.V1.OpenSessionResponse.ItemOneofCase.Welcome);
    }

    private static async Task<string> ReasonAsync(Task call)
    {
        var error = await call.ShouldThrowAsync<RpcException>();
        error.StatusCode.ShouldBe(StatusCode.PermissionDenied);
        return error.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason;
    }
}
