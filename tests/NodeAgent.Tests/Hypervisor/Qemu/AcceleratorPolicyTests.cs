using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Tests.Hypervisor.Qemu;

public sealed class AcceleratorPolicyTests
{
    [Theory]
    [InlineData(AcceleratorChoice.Auto, KvmFitness.Fit, "kvm tcg", "kvm host")]
    [InlineData(AcceleratorChoice.Auto, KvmFitness.Fit, "tcg", "tcg max")]
    [InlineData(AcceleratorChoice.Auto, KvmFitness.Fit, "kvm", "kvm host")]
    [InlineData(AcceleratorChoice.Auto, KvmFitness.EmulatedOnly, "kvm tcg", "tcg max")]
    [InlineData(AcceleratorChoice.Auto, KvmFitness.EmulatedOnly, "kvm", null)]
    [InlineData(AcceleratorChoice.Auto, KvmFitness.Unavailable, "kvm tcg", "tcg max")]
    [InlineData(AcceleratorChoice.Auto, KvmFitness.Unavailable, "kvm", null)]
    [InlineData(AcceleratorChoice.Kvm, KvmFitness.Fit, "kvm tcg", "kvm host")]
    [InlineData(AcceleratorChoice.Kvm, KvmFitness.EmulatedOnly, "kvm tcg", "kvm qemu64 doubtful")]
    [InlineData(AcceleratorChoice.Kvm, KvmFitness.Unavailable, "kvm tcg", null)]
    [InlineData(AcceleratorChoice.Kvm, KvmFitness.Fit, "tcg", null)]
    [InlineData(AcceleratorChoice.Tcg, KvmFitness.Fit, "kvm tcg", "tcg max")]
    [InlineData(AcceleratorChoice.Tcg, KvmFitness.Fit, "kvm", null)]
    [InlineData(AcceleratorChoice.Tcg, KvmFitness.Unavailable, "tcg", "tcg max")]
    public void Choice_follows_what_was_proved(AcceleratorChoice asked, KvmFitness fitness, string built, string? expected)
    {
        var qemu = SampleQemu.Capabilities with { Accelerators = [.. built.Split(' ')] };
        var decision = AcceleratorPolicy.Decide(SampleVm.Plain with { Accelerator = asked }, new KvmSuitability(fitness, "because of this"), qemu);
        if (expected is null)
        {
            var refusal = decision.ShouldBeOfType<AcceleratorDecision.Refuse>().Violation;
            refusal.Field.ShouldBe("spec.accelerator");
            return;
        }

        var use = decision.ShouldBeOfType<AcceleratorDecision.Use>();
        var name = use.Accelerator == Accelerator.Kvm ? "kvm" : "tcg";
        $"{name} {use.CpuModel}{(use.Warning is null ? "" : " doubtful")}".ShouldBe(expected);
        use.Reason.ShouldNotBeEmpty();
        (asked != AcceleratorChoice.Auto || !qemu.HasAccelerator(Accelerator.Kvm) || use.Reason.Contains("because of this", StringComparison.Ordinal)).ShouldBeTrue(use.Reason);
    }
}
