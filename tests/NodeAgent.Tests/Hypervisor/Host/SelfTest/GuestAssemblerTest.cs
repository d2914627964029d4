using NodeAgent.Hypervisor.Host.SelfTest;

namespace NodeAgent.Tests.Hypervisor.Host.SelfTest;

public sealed class GuestAssemblerTest
{
    [Fact]
    public void Jumps_count_from_their_end_in_both_directions()
    {
        var code = new GuestAssembler();
        code.Label("back");
        code.Jump("jz", 0x74, "ahead");
        code.Op("hlt", 0xF4);
        code.Jump("jmp", 0xEB, "back");
        code.Label("ahead");
        code.Assemble().ShouldBe([0x74, 0x03, 0xF4, 0xEB, 0xFB]);
    }

    [Fact]
    public void Jump_that_does_not_fit_a_byte_is_refused()
    {
        var code = new GuestAssembler();
        code.Label("far");
        for (var i = 0; i < 200; i++)
        {
            code.Op("nop", 0x90);
        }

        code.Jump("jmp", 0xEB, "far");
        Should.Throw<OverflowException>(() => code.Assemble());
    }

    [Fact]
    public void Instruction_is_found_where_it_begins_and_only_there()
    {
        var code = new GuestAssembler();
        code.Op("nop", 0x90);
        code.Op("test al, al", 0x84, 0xC0);
        code.SourceAt(1).ShouldBe("test al, al");
        code.SourceAt(2).ShouldBeNull();
    }
}
