using Google.Protobuf.WellKnownTypes;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Nodes;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Nodes;

public sealed class TopTest
{
    [Fact]
    public void Rates_are_differences_per_second() => VmRates.Between(Sample(10, 5, 1000), Sample(12, 6, 5000)).ShouldBe(new VmRates(50, 2000, 0, 0, 0));

    [Fact]
    public void One_sample_has_no_rates() => VmRates.Between(Sample(10, 5, 1000), Sample(10, 5, 1000)).ShouldBeNull();

    [Fact]
    public void Counters_that_went_back_have_no_rates() => VmRates.Between(Sample(10, 5, 1000), Sample(12, 1, 0)).ShouldBeNull();

    [Fact]
    public async Task One_table_is_printed_for_a_node_without_running_VMs()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        var lines = (await agent.RunAsync("top", "--once")).ShouldEndWith(ExitCode.Ok).Out.Split('\n');
        lines[0].ShouldBe("host1: 0 of 1 VMs running, 0 % CPU of 2 CPUs, 1.5 GiB of 8 GiB available");
        lines[2].ShouldStartWith("web   stopped      1      -  256 MiB    -");
    }

    [Fact]
    public async Task The_node_is_shown_as_a_page()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Node.Node.Kvm = new KvmInfo { Device = "/dev/kvm", Available = true, ApiVersion = 12, Extensions = { ["KVM_CAP_IRQCHIP"] = 1 } };
        (await agent.RunAsync("node", "get")).ShouldEndWith(ExitCode.Ok).Out.ShouldNotContain("KVM_CAP_IRQCHIP");
        (await agent.RunAsync("node", "get", "--full")).ShouldEndWith(ExitCode.Ok).Out.ShouldContain("KVM_CAP_IRQCHIP = 1");
    }

    private static VmStats Sample(int at, int cpu, int read) => new()
    {
        SampleTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(at)),
        CpuTime = new Duration { Seconds = cpu },
        Blocks = { new BlockStats { ReadBytes = read } },
    };
}
