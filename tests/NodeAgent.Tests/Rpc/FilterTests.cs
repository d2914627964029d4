using CsCheck;
using NodeAgent.Rpc;

namespace NodeAgent.Tests.Rpc;

public sealed class FilterTests
{
    private static readonly Dictionary<string, string> Web = new() { ["name"] = "web", ["labels.tier"] = "a b \"c\"", ["state"] = "running" };

    [Theory]
    [InlineData("", true)]
    [InlineData("   ", true)]
    [InlineData("name=web", true)]
    [InlineData("name = web", true)]
    [InlineData("name=db", false)]
    [InlineData("name!=db", true)]
    [InlineData("name=web AND state=running", true)]
    [InlineData("name=web  AND  state=stopped", false)]
    [InlineData("labels.tier=\"a b \\\"c\\\"\" AND name=web", true)]
    [InlineData("labels.missing=x", false)]
    [InlineData("labels.missing!=x", true)]
    [InlineData("name=", false)]
    public void Terms(string filter, bool expected) => Filter.Parse(filter, (_, _) => null).Matches(field => Web.GetValueOrDefault(field)).ShouldBe(expected);

    [Theory]
    [InlineData("name")]
    [InlineData("=web")]
    [InlineData("name=web OR name=db")]
    [InlineData("name=web AND")]
    [InlineData("name=web AND ")]
    [InlineData("name=\"web")]
    [InlineData("na me=web")]
    [InlineData("!=x")]
    public void Faults_name_the_filter(string filter) =>
        Should.Throw<RpcRefusal>(() => Filter.Parse(filter, (_, _) => null)).Violations.ShouldHaveSingleItem().Field.ShouldBe("filter");

    [Theory]
    [InlineData("state=flying", "There is no state 'flying'; the states are stopped, starting,")]
    [InlineData("memory=1", "There is no field 'memory'; the fields are id, name, state and labels.KEY.")]
    [InlineData("labels.=1", "There is no field 'labels.'")]
    public void Filters_of_vms_know_their_fields(string filter, string expected) =>
        Should.Throw<RpcRefusal>(() => VmFilter.Parse(filter)).Message.ShouldContain(expected);

    [Fact]
    public void No_text_makes_it_fail_otherwise() => Gen.String.Sample(text =>
    {
        try
        {
            Filter.Parse(text, (_, _) => null).Matches(_ => null);
        }
        catch (RpcRefusal)
        {
            // An answer.
        }
    });
}
