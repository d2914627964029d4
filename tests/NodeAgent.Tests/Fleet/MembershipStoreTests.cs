using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Fleet;
using NodeAgent.Manager.V1;
using NodeAgent.Tests.Tls;

namespace NodeAgent.Tests.Fleet;

/// <summary>What a manager issues is kept only where the fleet would let this node in by it.</summary>
public sealed class MembershipStoreTests : IDisposable
{
    private static readonly Guid Node = Guid.Parse("8e7f1f5e-0000-4000-8000-000000000001"), Other = Guid.Parse("8e7f1f5e-0000-4000-8000-000000000002");

    private readonly TemporaryDirectory _directory = new();
    private readonly TestFleet _fleet = new();
    private readonly MembershipStore _store;

    public MembershipStoreTests() => _store = new MembershipStore(new FleetDirectory(_directory.Path, NullLogger<FleetDirectory>.Instance), TimeProvider.System);

    public void Dispose()
    {
        _fleet.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Certificate_of_another_node_is_not_kept() => Refuse(_fleet.Node(Other.ToString("D")), $"for the node '{Other}'");

    [Theory]
    [InlineData(TestFleet.ServerUsage)]
    [InlineData(TestFleet.ClientUsage)]
    public void Certificate_for_one_use_alone_is_not_kept(string usage) => Refuse(Issue(_fleet, wish => wish with { Usages = [usage] }), "not for this use");

    [Fact]
    public void Certificate_of_an_authority_that_is_not_in_the_bundle_is_not_kept()
    {
        using var elsewhere = new TestFleet("Another Authority");
        Refuse(Issue(elsewhere), "no authority of the fleet");
    }

    [Fact]
    public void Certificate_that_is_over_or_not_begun_by_this_hosts_clock_is_kept()
    {
        var now = TimeProvider.System.GetUtcNow();
        var begun = Begin();
        using var over = Issue(_fleet, wish => wish with { NotBefore = now.AddDays(-1), NotAfter = now.AddHours(-1) });
        using var early = Issue(_fleet, wish => wish with { NotBefore = now.AddDays(1), NotAfter = now.AddDays(2) });
        using ECDsa overKey = over.GetECDsaPrivateKey()!, earlyKey = early.GetECDsaPrivateKey()!;

        _store.Join(_fleet.Hand(over), overKey, Node, begun, []).ShouldBeTrue();
        _store.Renew(_fleet.Hand(early), earlyKey, Node, TestFleet.Fleet).ShouldBeTrue();

        _store.Files!.Load().Certificate.SerialNumber.ShouldBe(early.SerialNumber);
    }

    [Fact]
    public void Chain_that_leads_over_an_intermediate_authority_is_kept()
    {
        using var below = _fleet.Below();
        using var node = Issue(below);
        using var key = node.GetECDsaPrivateKey()!;
        var issued = _fleet.Hand(node);
        issued.CertificateChain.Add(Google.Protobuf.ByteString.CopyFrom(below.Authority.RawData));

        _store.Join(issued, key, Node, Begin(), []).ShouldBeTrue();
    }

    [Fact]
    public void Trust_without_the_authority_of_the_nodes_own_certificate_is_kept()
    {
        using var next = new TestFleet("The Next Authority");
        var (issued, key) = _fleet.IssueNode(Node);
        using var _ = key;
        _store.Join(issued, key, Node, Begin(), []).ShouldBeTrue();

        _store.Keep(new TrustBundle { Version = 2, CaCertificates = { Google.Protobuf.ByteString.CopyFrom(next.Authority.RawData) } }).ShouldBeTrue();

        _store.Files!.TrustVersion.ShouldBe(2);
    }

    private void Refuse(X509Certificate2 node, string why)
    {
        using var bad = node;
        using var key = bad.GetECDsaPrivateKey()!;
        var begun = Begin();

        Should.Throw<CryptographicException>(() => _store.Join(_fleet.Hand(bad), key, Node, begun, [])).Message.ShouldContain(why);
        (_store.Current, _store.Pending).ShouldBe((null, begun));

        var (good, goodKey) = _fleet.IssueNode(Node);
        using var _ = goodKey;
        _store.Join(good, goodKey, Node, begun, []).ShouldBeTrue();
        var before = _store.Current;
        Should.Throw<CryptographicException>(() => _store.Renew(_fleet.Hand(bad), key, Node, TestFleet.Fleet)).Message.ShouldContain(why);
        _store.Current.ShouldBe(before);
    }

    private PendingEnrolment Begin()
    {
        var begun = new PendingEnrolment { Token = "", Key = "" };
        _store.Begin(begun);
        return begun;
    }

    private static X509Certificate2 Issue(TestFleet by, Func<TestFleet.Wish, TestFleet.Wish>? change = null) => by.Issue(wish => (change ?? (w => w))(wish with
    {
        Uris = [$"nodeagent://{TestFleet.Fleet}/node/{Node}"],
        Usages = [TestFleet.ServerUsage, TestFleet.ClientUsage],
    }));
}
