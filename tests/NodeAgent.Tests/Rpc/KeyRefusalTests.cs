using NodeAgent.Rpc;

namespace NodeAgent.Tests.Rpc;

public sealed class KeyRefusalTests
{
    [Fact]
    public void The_key_that_qemu_quotes_is_named_by_its_place()
    {
        var refusal = KeyRefusal.Of(["ctrl", "no-such-key"], "QEMU refused send-key: Parameter 'data' does not accept value 'no-such-key'");

        refusal.Reason.ShouldBe(RpcReason.InvalidRequest);
        refusal.Violations.ShouldHaveSingleItem().Field.ShouldBe("keys[1]");
        refusal.Message.ShouldContain("'no-such-key'");
    }

    [Fact]
    public void Words_that_quote_no_key_are_passed_on()
    {
        var refusal = KeyRefusal.Of(["a", "b"], "QEMU refused send-key: too many keys");

        refusal.Violations.ShouldHaveSingleItem().Field.ShouldBe("keys");
        refusal.Message.ShouldContain("too many keys");
    }
}
