using NodeAgent.Health;
using NodeAgent.Hypervisor.Host;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Health;

public sealed class ServiceConditionsTests
{
    [Theory]
    [InlineData(null, false, "ShutdownNotWatched", ConditionSeverity.Info)]
    [InlineData(300, false, "LogindNotReached", ConditionSeverity.Info)]
    [InlineData(5, true, "DelayTooShort", ConditionSeverity.Warning)]
    [InlineData(299, true, "DelayTooShort", ConditionSeverity.Warning)]
    [InlineData(300, true, "ShutdownDelayed", ConditionSeverity.Info)]
    public void What_becomes_of_guests_at_a_shutdown_is_said(int? delay, bool isDelayed, string reason, ConditionSeverity severity)
    {
        var outlook = delay is { } seconds ? new ShutdownOutlook(isDelayed, TimeSpan.FromSeconds(seconds), isDelayed ? "" : "no bus") : null;

        var (condition, found) = ServiceConditions.Of(outlook, TimeSpan.FromMinutes(5));

        condition.Type.ShouldBe("GuestsGoFirst");
        condition.Reason.ShouldBe(reason);
        found.ShouldBe(severity);
        (condition.Status == ConditionStatus.True).ShouldBe(reason == "ShutdownDelayed");
        (condition.Remedy.Length == 0).ShouldBe(condition.Status == ConditionStatus.True);
    }

    [Fact]
    public void The_gate_is_told_by_the_first_thing_that_closes_it()
    {
        var gate = new StartGate();
        ServiceConditions.Of(gate).Condition.Reason.ShouldBe("NodeInService");
        gate.Set(new MaintenanceRow("", "uid:0", DateTimeOffset.UnixEpoch));
        ServiceConditions.Of(gate).Condition.Reason.ShouldBe("NodeInMaintenance");
        gate.SetHostGoesDown(true);
        ServiceConditions.Of(gate).Condition.Reason.ShouldBe("HostGoingDown");
        gate.WhenOpen.IsCompleted.ShouldBeFalse();
        gate.Set(null);
        gate.SetHostGoesDown(false);
        gate.WhenOpen.IsCompleted.ShouldBeTrue();
        ServiceConditions.Of(gate).Condition.Status.ShouldBe(ConditionStatus.True);
    }
}
