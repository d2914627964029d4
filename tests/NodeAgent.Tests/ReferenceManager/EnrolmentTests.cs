using System.Buffers.Text;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using NodeAgent.Manager.V1;
using ReferenceManager.Admin.V1;
using ReferenceManager.Authority;

namespace NodeAgent.Tests.ReferenceManager;

public sealed class EnrolmentTests : IAsyncLifetime
{
    private TestFleet _manager = null!;

    public async ValueTask InitializeAsync() => _manager = await TestFleet.StartAsync();

    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    [Fact]
    public async Task A_token_is_one_line_with_a_checksum_and_leads_to_the_fleet()
    {
        var text = await _manager.CreateTokenAsync();

        text.ShouldStartWith(TestNode.TokenPrefix);
        var bytes = Base64Url.DecodeFromChars(text.AsSpan(TestNode.TokenPrefix.Length));
        bytes[^4..].ShouldBe(SHA256.HashData(bytes[..^4])[..4]);
        var token = TestNode.ReadToken(text);
        token.Endpoints.ShouldBe([_manager.Endpoint]);
        token.FleetId.ShouldBe("Berlin");
        token.Secret.Length.ShouldBe(32);
        token.ExpireTime.ToDateTimeOffset().ShouldBe(_manager.Time.GetUtcNow().AddHours(1));
        using var stranger = new TestNode(_manager);
        var bundle = await stranger.Enrolment.GetTrustBundleAsync(new GetTrustBundleRequest());
        using var authority = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(bundle.CaCertificates.Single().Span);
        token.CaPins.Single().ToByteArray().ShouldBe(PublicKeys.Pin(authority.PublicKey));
    }

    [Fact]
    public async Task A_node_with_a_token_is_let_in_and_listed()
    {
        using var node = await _manager.JoinAsync();

        IdentityExtension.Read(node.Certificate!).Single().ShouldBe(new FleetIdentity("Berlin", FleetRole.Node, node.Id));
        PublicKeys.Fingerprint(node.Certificate!.PublicKey).ShouldBe(Convert.ToHexStringLower(SHA256.HashData(node.Key.ExportSubjectPublicKeyInfo())));
        (await _manager.FindAsync(node)).State.ShouldBe("enrolled");
    }

    [Fact]
    public async Task The_same_key_with_the_same_token_gets_the_same_answer_even_after_its_end()
    {
        using var node = new TestNode(_manager);
        var token = await _manager.CreateTokenAsync();
        var first = await node.EnrolAsync(token);
        _manager.Time.Advance(TimeSpan.FromHours(2));

        (await node.EnrolAsync(token)).ShouldBe(first);
    }

    [Fact]
    public async Task A_known_key_with_a_new_token_gets_a_certificate_that_is_of_use()
    {
        using var node = await _manager.JoinAsync();
        var first = node.Certificate!;
        node.Accept((await node.EnrolAsync(await _manager.CreateTokenAsync())).Issued);
        node.Certificate!.SerialNumber.ShouldBe(first.SerialNumber);

        _manager.Time.Advance(TimeSpan.FromDays(30));
        node.Accept((await node.EnrolAsync(await _manager.CreateTokenAsync())).Issued);
        node.Certificate!.NotAfter.ShouldBeGreaterThan(first.NotAfter);

        await _manager.Admin.RevokeAsync(new RevokeRequest { What = node.Id });
        (await ReasonAsync(node.EnrolAsync(await _manager.CreateTokenAsync()))).ShouldBe("ENROLMENT_REJECTED");
    }

    [Fact]
    public async Task A_token_lets_one_node_in()
    {
        var token = await _manager.CreateTokenAsync();
        using var first = new TestNode(_manager);
        using var second = new TestNode(_manager);
        await first.EnrolAsync(token);

        (await ReasonAsync(second.EnrolAsync(token))).ShouldBe("TOKEN_USED");
    }

    [Fact]
    public async Task An_expired_token_lets_nobody_in()
    {
        using var node = new TestNode(_manager);
        var token = await _manager.CreateTokenAsync(TimeSpan.FromMinutes(1));
        _manager.Time.Advance(TimeSpan.FromMinutes(1));

        (await ReasonAsync(node.EnrolAsync(token))).ShouldBe("TOKEN_EXPIRED");
    }

    [Fact]
    public async Task A_token_that_was_changed_is_unknown()
    {
        using var node = new TestNode(_manager);
        var token = TestNode.ReadToken(await _manager.CreateTokenAsync());
        var secret = token.Secret.ToByteArray();
        secret[0] ^= 1;

        var request = new EnrolRequest { Node = node.Identity, CertificateRequest = TestNode.Request(node.Key), TokenSecret = ByteString.CopyFrom(secret) };
        (await ReasonAsync(node.Enrolment.EnrolAsync(request).ResponseAsync)).ShouldBe("TOKEN_UNKNOWN");
    }

    [Fact]
    public async Task A_request_whose_sender_does_not_have_the_key_is_refused()
    {
        using var node = new TestNode(_manager);
        var request = TestNode.Request(node.Key).ToByteArray();
        request[^1] ^= 1;

        var wrong = new EnrolRequest { Node = node.Identity, CertificateRequest = ByteString.CopyFrom(request) };
        (await ReasonAsync(node.Enrolment.EnrolAsync(wrong).ResponseAsync)).ShouldBe("REQUEST_INVALID");
    }

    [Fact]
    public async Task A_key_of_another_kind_is_refused()
    {
        using var node = new TestNode(_manager) { Key = ECDsa.Create(ECCurve.NamedCurves.nistP384) };
        (await ReasonAsync(node.EnrolAsync(await _manager.CreateTokenAsync()))).ShouldBe("REQUEST_INVALID");
    }

    [Theory]
    [InlineData("")]
    [InlineData("not-a-uuid")]
    [InlineData("5E7F36D1-0F43-4D1E-9E52-0B7B3F0AC0DE")]
    public async Task A_node_id_has_one_form(string id)
    {
        using var node = new TestNode(_manager) { Id = id };
        (await ReasonAsync(node.EnrolAsync(await _manager.CreateTokenAsync()))).ShouldBe("REQUEST_INVALID");
    }

    [Fact]
    public async Task A_node_without_a_token_waits_for_a_person()
    {
        using var node = new TestNode(_manager);
        var pending = (await node.EnrolAsync(null)).Pending;
        var shown = (await _manager.Admin.ListPendingAsync(new ListPendingRequest())).Enrolments.Single();
        shown.KeyFingerprint.ShouldBe(pending.KeyFingerprint);
        shown.KeyFingerprint.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(node.Key.ExportSubjectPublicKeyInfo())));

        var waiting = node.Enrolment.WaitEnrolmentAsync(new WaitEnrolmentRequest { EnrolmentId = pending.EnrolmentId }).ResponseAsync;
        (await _manager.Admin.DecideEnrolmentAsync(new DecideEnrolmentRequest { Id = shown.KeyFingerprint[..16], Approve = true })).State.ShouldBe("issued");

        node.Accept((await waiting).Issued);
        using var session = await node.OpenSessionAsync();
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome);
    }

    [Fact]
    public async Task A_wait_without_a_decision_ends_after_a_minute()
    {
        using var node = new TestNode(_manager);
        var pending = (await node.EnrolAsync(null)).Pending;
        var waiting = node.Enrolment.WaitEnrolmentAsync(new WaitEnrolmentRequest { EnrolmentId = pending.EnrolmentId }).ResponseAsync;

        while (!waiting.IsCompleted)
        {
            // The call may not have come to its wait yet: time goes on until it has.
            _manager.Time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        (await waiting).Pending.ShouldBe(pending);
    }

    [Fact]
    public async Task Who_was_rejected_stays_out_and_a_token_opens_again()
    {
        using var node = new TestNode(_manager);
        var pending = (await node.EnrolAsync(null)).Pending;
        await _manager.Admin.DecideEnrolmentAsync(new DecideEnrolmentRequest { Id = node.Id, Approve = false });

        var wait = new WaitEnrolmentRequest { EnrolmentId = pending.EnrolmentId };
        (await ReasonAsync(node.Enrolment.WaitEnrolmentAsync(wait).ResponseAsync)).ShouldBe("ENROLMENT_REJECTED");
        (await ReasonAsync(node.EnrolAsync(null))).ShouldBe("ENROLMENT_REJECTED");
        (await node.EnrolAsync(await _manager.CreateTokenAsync())).OutcomeCase.ShouldBe(EnrolResponse.OutcomeOneofCase.Issued);
    }

    [Fact]
    public async Task A_token_does_not_let_one_node_take_the_place_of_another()
    {
        using var node = await _manager.JoinAsync();
        using var thief = new TestNode(_manager) { Id = node.Id };
        var token = await _manager.CreateTokenAsync();

        (await thief.EnrolAsync(token)).OutcomeCase.ShouldBe(EnrolResponse.OutcomeOneofCase.Pending);
        (await thief.EnrolAsync(token)).OutcomeCase.ShouldBe(EnrolResponse.OutcomeOneofCase.Pending);

        // The host was installed anew: its operator takes the old certificate back.
        await _manager.Admin.RevokeAsync(new RevokeRequest { What = node.Id });
        (await thief.EnrolAsync(token)).OutcomeCase.ShouldBe(EnrolResponse.OutcomeOneofCase.Issued);
    }

    [Fact]
    public async Task Whom_a_person_lets_in_under_a_known_id_takes_its_place()
    {
        using var old = await _manager.JoinAsync();
        using var session = await old.OpenSessionAsync();
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome);
        using var reinstalled = new TestNode(_manager) { Id = old.Id };
        var pending = (await reinstalled.EnrolAsync(null)).Pending;
        (await _manager.Admin.ListPendingAsync(new ListPendingRequest())).Enrolments.Single().Why.ShouldContain("another key");

        await _manager.Admin.DecideEnrolmentAsync(new DecideEnrolmentRequest { Id = pending.KeyFingerprint, Approve = true });

        (await session.EndAsync()).StatusCode.ShouldBe(StatusCode.PermissionDenied);
        reinstalled.Accept((await reinstalled.EnrolAsync(null)).Issued);
        using var next = await reinstalled.OpenSessionAsync();
        await next.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome);
    }

    [Fact]
    public async Task Two_that_claim_one_id_are_told_apart_by_their_keys()
    {
        using var one = new TestNode(_manager);
        using var other = new TestNode(_manager) { Id = one.Id };
        await one.EnrolAsync(null);
        var pending = (await other.EnrolAsync(null)).Pending;

        var unclear = _manager.Admin.DecideEnrolmentAsync(new DecideEnrolmentRequest { Id = one.Id, Approve = true }).ResponseAsync;
        (await Should.ThrowAsync<RpcException>(unclear)).StatusCode.ShouldBe(StatusCode.FailedPrecondition);

        var decided = await _manager.Admin.DecideEnrolmentAsync(new DecideEnrolmentRequest { Id = pending.KeyFingerprint[..16], Approve = true });
        decided.KeyFingerprint.ShouldBe(pending.KeyFingerprint);
    }

    [Fact]
    public async Task Strangers_fill_a_list_of_bounded_length()
    {
        for (var i = 0; i < 64; i++)
        {
            using var node = new TestNode(_manager);
            await node.EnrolAsync(null);
        }

        using var late = new TestNode(_manager);
        (await ReasonAsync(late.EnrolAsync(null))).ShouldBe("TOO_MANY_PENDING");
        (await late.EnrolAsync(await _manager.CreateTokenAsync())).OutcomeCase.ShouldBe(EnrolResponse.OutcomeOneofCase.Issued);
    }

    [Fact]
    public async Task What_was_decided_survives_a_restart()
    {
        using var node = new TestNode(_manager);
        var token = await _manager.CreateTokenAsync();
        var first = (await node.EnrolAsync(token)).Issued;

        _manager = await _manager.RestartAsync();

        using var again = new TestNode(_manager) { Id = node.Id, Key = node.Key };
        (await again.EnrolAsync(token)).Issued.CertificateChain.ShouldBe(first.CertificateChain);
        using var other = new TestNode(_manager);
        (await ReasonAsync(other.EnrolAsync(token))).ShouldBe("TOKEN_USED");
    }

    private static async Task<string> ReasonAsync(Task call)
    {
        var status = (await call.ShouldThrowAsync<RpcException>()).GetRpcStatus().ShouldNotBeNull();
        var info = status.GetDetail<ErrorInfo>();
        info.Domain.ShouldBe("nodeagent.manager");
        return info.Reason;
    }
}
