using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using NodeAgent.Manager.V1;
using ReferenceManager.Admin.V1;
using static ReferenceManager.Admin.V1.RotateAuthorityRequest.Types;

namespace NodeAgent.Tests.ReferenceManager;

public sealed class RotationTests : IAsyncLifetime
{
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
        await _manager.DisposeAsync();
    }

    [Fact]
    public async Task An_authority_is_replaced_step_by_step_without_ending_a_session()
    {
        var old = _node.Trust.CaCertificates.Single();
        using var session = await _node.OpenSessionAsync();
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome);

        var begun = await _manager.RotateAsync(Step.Begin);
        begun.Phase.ShouldBe("spreading");
        begun.WaitingFor.ShouldBe([_node.Id]);
        var both = (await session.NextAsync(OpenSessionResponse.ItemOneofCase.UpdateTrust)).UpdateTrust;
        both.Renew.ShouldBeFalse();
        both.Trust.CaCertificates.Count.ShouldBe(2);
        both.Trust.CaCertificates[0].ShouldBe(old);
        (await IssuerOfManagerAsync()).ShouldBe(Subject(old));
        (await Should.ThrowAsync<RpcException>(_manager.RotateAsync(Step.Finish))).StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        (await Should.ThrowAsync<RpcException>(_manager.RotateAsync(Step.Begin))).StatusCode.ShouldBe(StatusCode.FailedPrecondition);

        // The node has kept it and says so: now the new authority issues, and the node is to renew.
        _node.Trust = both.Trust;
        await session.SendLeaseAsync(both.Trust.Version);
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Lease);
        var renew = (await session.NextAsync(OpenSessionResponse.ItemOneofCase.UpdateTrust)).UpdateTrust;
        renew.Renew.ShouldBeTrue();
        (await _manager.RotateAsync(Step.Status)).Phase.ShouldBe("renewing");

        var newKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _node.Accept(await _node.RenewAsync(newKey), newKey);
        _node.Certificate!.Issuer.ShouldBe(Subject(both.Trust.CaCertificates[1]));
        (await IssuerOfManagerAsync()).ShouldBe(Subject(both.Trust.CaCertificates[1]));

        (await _manager.RotateAsync(Step.Status)).Phase.ShouldBe("ready");
        (await _manager.RotateAsync(Step.Finish)).Phase.ShouldBe("none");
        var alone = (await session.NextAsync(OpenSessionResponse.ItemOneofCase.UpdateTrust)).UpdateTrust;
        alone.Trust.CaCertificates.ShouldBe([both.Trust.CaCertificates[1]]);
        alone.Renew.ShouldBeFalse();
        await session.SendLeaseAsync(alone.Trust.Version);
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Lease);
    }

    [Fact]
    public async Task A_node_that_was_away_hears_of_it_when_it_comes()
    {
        await _manager.RotateAsync(Step.Begin);

        using var session = await _node.OpenSessionAsync();
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome);

        (await session.NextAsync(OpenSessionResponse.ItemOneofCase.UpdateTrust)).UpdateTrust.Trust.CaCertificates.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_rotation_goes_on_after_a_restart_of_the_manager()
    {
        await _manager.RotateAsync(Step.Begin);
        _manager = await _manager.RestartAsync();
        (await _manager.RotateAsync(Step.Status)).ShouldBe(new RotationStatus { Phase = "spreading", TrustVersion = 2, WaitingFor = { _node.Id } });

        await _manager.Admin.RevokeAsync(new RevokeRequest { What = _node.Id });
        await UntilAsync("ready");

        (await _manager.RotateAsync(Step.Finish)).Phase.ShouldBe("none");
        _manager = await _manager.RestartAsync();
        (await _manager.RotateAsync(Step.Status)).Phase.ShouldBe("none");
    }

    // The step is taken by a task of the manager's own.
    private async Task UntilAsync(string phase)
    {
        for (var i = 0; i < 1000 && (await _manager.RotateAsync(Step.Status)).Phase != phase; i++)
        {
        }

        (await _manager.RotateAsync(Step.Status)).Phase.ShouldBe(phase);
    }

    private async Task<string> IssuerOfManagerAsync()
    {
        await _node.Enrolment.GetTrustBundleAsync(new GetTrustBundleRequest());
        return _node.Shown!.Issuer;
    }

    private static string Subject(Google.Protobuf.ByteString der)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(der.Span);
        return certificate.Subject;
    }
}
