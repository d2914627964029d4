using System.Collections.Immutable;
using NodeAgent.Configuration;
using NodeAgent.Security;

namespace NodeAgent.Tests.Security;

public sealed class AccessPolicyTests
{
    [Theory]
    [InlineData("viewer", "VmService/GetVm", true)]
    [InlineData("viewer", "VmService/StartVm", false)]
    [InlineData("viewer", "VmService/ReadConsoleLog", false)]
    [InlineData("operator", "VmService/StartVm", true)]
    [InlineData("operator", "VmService/GetVm", true)]
    [InlineData("operator", "VmService/DeleteVm", false)]
    [InlineData("operator", "NodeService/EnterMaintenance", false)]
    [InlineData("viewer", "VmService/StreamDisplay", false)]
    [InlineData("viewer", "VmService/CreateAccessTicket", false)]
    [InlineData("operator", "VmService/StreamDisplay", true)]
    [InlineData("operator", "VmService/CreateAccessTicket", true)]
    [InlineData("manager", "VmService/CreateAccessTicket", true)]
    [InlineData("admin", "VmService/DeleteVm", true)]
    [InlineData("manager", "VmService/CreateVm", true)]
    [InlineData("manager", "AuditService/GetAuditHead", true)]
    [InlineData("auditor", "AuditService/ListAuditRecords", true)]
    [InlineData("auditor", "VmService/GetVm", true)]
    [InlineData("auditor", "VmService/StartVm", false)]
    [InlineData("operator", "AuditService/ListAuditRecords", false)]
    [InlineData("viewer", "AuditService/ListAuditRecords", false)]
    [InlineData("metrics", "VmService/GetVm", false)]
    [InlineData("metrics", "Metrics/Scrape", true)]
    [InlineData("node", "VmService/GetVm", false)]
    [InlineData("invented", "VmService/GetVm", false)]
    public void Built_in_policy_gives_each_role_what_docs_say(string role, string method, bool may) =>
        PolicyFile.BuiltIn.Decide(Remote(role), ApiMethods.Matching(method).Single()).ShouldBe(may ? VmScope.Everything : null);

    [Fact]
    public void No_method_is_beyond_everybody()
    {
        foreach (var method in ApiMethods.All)
        {
            PolicyFile.BuiltIn.Decide(Remote("admin"), method).ShouldNotBeNull(method);
        }
    }

    [Fact]
    public void Method_that_is_not_there_is_nobodys() =>
        PolicyFile.BuiltIn.Decide(Remote("admin"), "/nodeagent.v1.VmService/Invented").ShouldBeNull();

    [Fact]
    public void First_rule_for_a_local_caller_counts()
    {
        var policy = Parse("[role a]\nmethods=*\n[role b]\nmethods=VmService/GetVm\n[local]\nuser 1001 =\ngroup 50 = b\nothers = a");

        policy.RolesOf(Local(1001, 50)).ShouldBeEmpty();
        policy.RolesOf(Local(1002, 7, 50)).ShouldBe(["b"]);
        policy.RolesOf(Local(1003)).ShouldBe(["a"]);
    }

    [Fact]
    public void Nobody_has_a_role_without_a_rule() => Parse("[role a]\nmethods=*").RolesOf(Local(0)).ShouldBeEmpty();

    [Fact]
    public void Roles_may_include_each_other()
    {
        var policy = Parse("[role a]\nincludes=b\nmethods=VmService/GetVm\n[role b]\nincludes=a\nmethods=VmService/StartVm");

        policy.Roles["a"].Methods.ShouldBe(policy.Roles["b"].Methods, ignoreOrder: true);
        policy.Roles["a"].Methods.Count.ShouldBe(2);
    }

    [Fact]
    public void Labels_bound_the_vms_of_a_role_unless_another_role_has_no_bound()
    {
        var policy = Parse("[role red]\nmethods=VmService/*\nvm_labels=team=red,tier=web\n[role blue]\nmethods=VmService/*\nvm_labels=team=blue\n[role all]\nmethods=VmService/GetVm");
        var getVm = ApiMethods.Matching("VmService/GetVm").Single();
        var red = policy.Decide(Remote("red"), getVm)!;

        red.Covers(Labels(("team", "red"), ("tier", "web"), ("x", "y"))).ShouldBeTrue();
        red.Covers(Labels(("team", "red"))).ShouldBeFalse();
        policy.Decide(Remote("red", "blue"), getVm)!.Covers(Labels(("team", "blue"))).ShouldBeTrue();
        policy.Decide(Remote("red", "all"), getVm)!.IsEverything.ShouldBeTrue();
        policy.Decide(Remote("red", "all"), ApiMethods.Matching("VmService/StartVm").Single())!.IsEverything.ShouldBeFalse();
    }

    [Theory]
    [InlineData("[role a]\nmethods=VmService/Nothing", "names no method")]
    [InlineData("[role a]\nmethod=*", "no such key")]
    [InlineData("[role node]\nmethods=*", "'node' is an agent's")]
    [InlineData("[role A B]\nmethods=*", "not a name for a role")]
    [InlineData("[roles]\nmethods=*", "no section [roles]")]
    [InlineData("[role a]\nincludes=b", "no role 'b'")]
    [InlineData("[local]\nothers=ghost", "no role 'ghost'")]
    [InlineData("[local]\nuser no-such-user-here =", "no user 'no-such-user-here'")]
    [InlineData("[local]\nsomebody = a", "names nobody")]
    [InlineData("[role a]\nvm_labels=team", "not a label")]
    [InlineData("[role a]\nvm_labels=team=red, tier=web, team = blue", "'team' is given twice")]
    public void What_is_wrong_is_said(string text, string message)
    {
        var problems = new List<ConfigProblem>();
        PolicyFile.Parse("policy.conf", text, problems);
        problems.ShouldHaveSingleItem().ToString().ShouldContain(message);
    }

    private static AccessPolicy Parse(string text)
    {
        var problems = new List<ConfigProblem>();
        var policy = PolicyFile.Parse("policy.conf", text, problems);
        problems.ShouldBeEmpty();
        return policy;
    }

    private static Caller Remote(params string[] roles) => new("operator:alice", "192.0.2.1:1") { Roles = [.. roles] };

    private static Caller Local(uint uid, params uint[] gids) => new($"uid:{uid}", "unix") { Local = new LocalPeer(uid, [.. gids], 1) };

    private static ImmutableDictionary<string, string> Labels(params (string Key, string Value)[] labels) =>
        labels.ToImmutableDictionary(label => label.Key, label => label.Value);
}
