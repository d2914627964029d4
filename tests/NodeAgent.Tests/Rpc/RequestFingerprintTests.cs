using NodeAgent.Rpc;

namespace NodeAgent.Tests.Rpc;

public sealed class RequestFingerprintTests
{
    [Fact]
    public void The_request_id_is_no_part_of_it() =>
        Of(new V1.StartVmRequest { Vm = "web", RequestId = "a" }).ShouldBe(Of(new V1.StartVmRequest { Vm = "web", RequestId = "b" }));

    [Fact]
    public void Everything_else_is()
    {
        var web = Of(new V1.StartVmRequest { Vm = "web" });

        Of(new V1.StartVmRequest { Vm = "db" }).ShouldNotBe(web);
        Of(new V1.StartVmRequest { Vm = "web", Paused = true }).ShouldNotBe(web);
        RequestFingerprint.Of("/other", new V1.StartVmRequest { Vm = "web" }).ShouldNotBe(web);
    }

    [Fact]
    public void The_order_of_labels_is_not()
    {
        var one = new V1.CreateVmRequest { Vm = new V1.Vm { Labels = { ["a"] = "1", ["b"] = "2", ["c"] = "3" } } };
        var other = new V1.CreateVmRequest { Vm = new V1.Vm { Labels = { ["c"] = "3", ["b"] = "2", ["a"] = "1" } } };

        Of(one).ShouldBe(Of(other));
    }

    [Fact]
    public void The_request_is_left_as_it_is()
    {
        var request = new V1.StartVmRequest { RequestId = "a" };

        Of(request);

        request.RequestId.ShouldBe("a");
    }

    [Fact]
    public void Known_values_of_the_hash()
    {
        // The empty text and "a" of FNV's published test vectors.
        new Fnv128().ToString().ShouldBe("6c62272e07bb014262b821756295c58d");
        new Fnv128().Add("a"u8).ToString().ShouldBe("d228cb696f1a8caf78912b704e4a8964");
    }

    [Theory]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789")]
    [InlineData("a\nb")]
    public void Ids_that_cannot_go_on_record_are_refused(string id) =>
        Should.Throw<RpcRefusal>(() => RequestFingerprint.CheckId(id)).Violations[0].Field.ShouldBe("request_id");

    private static string Of(Google.Protobuf.IMessage request) => RequestFingerprint.Of("/method", request);
}
