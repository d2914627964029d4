using CsCheck;
using NodeAgent.Hypervisor.Host.SelfTest;

namespace NodeAgent.Tests.Hypervisor.Host.SelfTest;

public sealed class ReferenceLoopTest
{
    [Fact]
    public void Narrow_guests_compute_its_low_bits() => Gen.UInt[0, 2000].Sample(rounds =>
    {
        var wide = ReferenceLoop.Run(rounds);
        var x16 = unchecked((ushort)GuestState.Seed);
        var x32 = unchecked((uint)GuestState.Seed);
        for (var round = 0; round < rounds; round++)
        {
            x16 = unchecked((ushort)((x16 * (ushort)GuestState.Multiplier) + (ushort)GuestState.Increment));
            x32 = unchecked((x32 * (uint)GuestState.Multiplier) + (uint)GuestState.Increment);
        }

        ((ushort)wide).ShouldBe(x16);
        ((uint)wide).ShouldBe(x32);
    });

    [Fact]
    public void No_rounds_leave_the_seed() => ReferenceLoop.Run(0).ShouldBe(GuestState.Seed);
}
