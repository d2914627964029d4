using NodeAgent.Health;
using NodeAgent.Hypervisor.Host;
using NodeAgent.Tests.Hypervisor.Qemu;

namespace NodeAgent.Tests.Health;

public sealed class GuestConditionsTests
{
    [Fact]
    public void Qemu_without_a_sandbox_is_not_passed_over_in_silence()
    {
        GuestConditions.OfSandbox(SampleQemu.Capabilities).Condition.Status.ShouldBe(ConditionStatus.True);

        var (condition, severity) = GuestConditions.OfSandbox(
            SampleQemu.Capabilities with { Options = [.. SampleQemu.Capabilities.Options.Where(option => option != "sandbox")] });

        condition.Type.ShouldBe("QemuSandboxed");
        condition.Status.ShouldBe(ConditionStatus.False);
        condition.Reason.ShouldBe("QemuSandboxMissing");
        condition.Message.ShouldContain(SampleQemu.Capabilities.Binary);
        condition.Remedy.ShouldContain("[qemu] binary");
        severity.ShouldBe(ConditionSeverity.Warning);
    }

    [Theory]
    [InlineData(true, true, ConditionStatus.True)]
    [InlineData(true, false, ConditionStatus.False)]
    [InlineData(false, true, ConditionStatus.False)]
    [InlineData(false, false, ConditionStatus.False)]
    public void Whether_guests_reach_the_hosts_loopback_is_said(bool unitsConfine, bool hasVersion2, ConditionStatus status)
    {
        var (condition, severity) = GuestConditions.OfLoopback(unitsConfine, hasVersion2);

        condition.Status.ShouldBe(status);
        (condition.Remedy.Length == 0).ShouldBe(status == ConditionStatus.True);
        severity.ShouldBe(ConditionSeverity.Info);
    }
}
