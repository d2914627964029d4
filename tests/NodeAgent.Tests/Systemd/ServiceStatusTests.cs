using NodeAgent.Configuration;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Systemd;

namespace NodeAgent.Tests.Systemd;

public sealed class ServiceStatusTests
{
    [Theory]
    [InlineData("", "no VMs; ledger ok")]
    [InlineData("running", "1 VM running; ledger ok")]
    [InlineData("stopped stopped", "2 VMs stopped; ledger ok")]
    [InlineData("stopped running unknown running paused", "2 VMs running, 1 paused, 1 unknown, 1 stopped; ledger ok")]
    [InlineData("quarantined starting stopping", "1 VM starting, 1 stopping, 1 quarantined; ledger ok")]
    public void What_runs_comes_first_and_what_is_not_there_is_not_named(string states, string expected) =>
        ServiceStatus.Compose(states.Split(' ', StringSplitOptions.RemoveEmptyEntries), LedgerState.Ok, null, null).ShouldBe(expected);

    [Fact]
    public void What_is_wrong_is_added()
    {
        var failed = new ReloadOutcome(default, [new ConfigProblem("file", 1, "key", "Wrong.", "Mend it.")], [], []);

        ServiceStatus.Compose([], LedgerState.Full, failed, "the feed has not answered for 31 s")
            .ShouldBe("no VMs; ledger full; the last reload failed (1 fault), the old configuration is in force; the feed has not answered for 31 s");
    }

    [Fact]
    public void A_reload_that_went_well_is_not_worth_a_word() =>
        ServiceStatus.Compose([], LedgerState.Ok, new ReloadOutcome(default, [], [], []), null).ShouldBe("no VMs; ledger ok");
}
