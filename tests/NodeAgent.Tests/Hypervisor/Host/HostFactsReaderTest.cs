using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Host;
using NodeAgent.Tests.Bindings.Linux;

namespace NodeAgent.Tests.Hypervisor.Host;

public sealed class HostFactsReaderTest : IDisposable
{
    private readonly FakeTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Topology_counts_cores_that_share_their_number_in_other_dies_and_sockets()
    {
        AddTwoSocketHost();
        var cpu = Read().Cpu;
        cpu.Sockets.ShouldBe(2);
        cpu.Dies.ShouldBe(4);
        cpu.Cores.ShouldBe(8);
        cpu.OnlineCpus.ShouldBe(16);
        cpu.Cpus.Length.ShouldBe(17);
        cpu.Cpus[16].ShouldSatisfyAllConditions(
            offline => offline.Online.ShouldBeFalse(), offline => offline.SocketId.ShouldBeNull());
        cpu.Cpus[9].ShouldSatisfyAllConditions(
            thread => thread.SocketId.ShouldBe(1),
            thread => thread.DieId.ShouldBe(0),
            thread => thread.CoreId.ShouldBe(0),
            thread => thread.ThreadSiblings.ShouldBe([8, 9]));
    }

    [Fact]
    public void Processor_is_the_first_of_cpuinfo()
    {
        _tree.Add(
            "proc/cpuinfo",
            "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 106\nmodel name\t: Xeon: Gold\n"
            + "stepping\t: 6\nmicrocode\t: 0xd000404\nflags\t\t: vmx fpu\n\nprocessor\t: 1\nmodel name\t: Another");
        var model = Read().Cpu.Model;
        model.Vendor.ShouldBe("GenuineIntel");
        model.Name.ShouldBe("Xeon: Gold");
        (model.Family, model.Model, model.Stepping).ShouldBe((6, 106, 6));
        model.Microcode.ShouldBe("0xd000404");
        model.Flags.ShouldBe(["fpu", "vmx"]);
    }

    [Fact]
    public void Memory_is_in_bytes()
    {
        _tree.Add(
            "proc/meminfo",
            "MemTotal: 100 kB\nMemFree: 40 kB\nMemAvailable: 60 kB\nSwapTotal: 10 kB\n"
            + "SwapFree: 5 kB\nHugePages_Total: 3");
        Read().Memory.ShouldBe(new MemoryInfo(102400, 40960, 61440, 10240, 5120));
    }

    [Fact]
    public void Refresh_reads_what_changes_and_keeps_what_does_not()
    {
        _tree.Add("proc/meminfo", "MemTotal: 100 kB\nMemFree: 40 kB");
        _tree.Add("etc/os-release", "ID=debian");
        var reader = new HostFactsReader(_tree.Root);
        var before = reader.Read();
        _tree.Add("proc/meminfo", "MemTotal: 100 kB\nMemFree: 1 kB");
        _tree.Add("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "7");
        _tree.Add("etc/os-release", "ID=other");

        var after = reader.Refresh(before);
        after.Memory.FreeBytes.ShouldBe(1024);
        after.Hugepages.Single().Total.ShouldBe(7);
        after.Os.ShouldBeSameAs(before.Os);
    }

    [Fact]
    public void Host_that_tells_nothing_is_read_nevertheless()
    {
        var facts = Read();
        facts.Cpu.Cpus.ShouldBeEmpty();
        facts.Cpu.Cores.ShouldBe(0);
        facts.NumaNodes.ShouldBeEmpty();
        facts.Hugepages.ShouldBeEmpty();
        facts.PciDevices.ShouldBeEmpty();
        facts.IommuGroups.ShouldBe(0);
        facts.Pressure.ShouldBe(new PressureFacts(null, null, null));
        facts.Kernel.ShouldBe(new KernelRelease(null, null));
    }

    [Fact]
    public void This_very_host_is_read()
    {
        Assert.SkipUnless(File.Exists("/proc/meminfo"), "Not a Linux.");
        var facts = new HostFactsReader().Read();
        facts.Memory.TotalBytes.ShouldBeGreaterThan(facts.Memory.AvailableBytes);
        facts.Cpu.OnlineCpus.ShouldBeGreaterThan(0);
        facts.Kernel.Release.ShouldBe(File.ReadAllText("/proc/sys/kernel/osrelease").Trim());
        facts.Identity.BootId.ShouldNotBeNull();
    }

    private HostFacts Read() => new HostFactsReader(_tree.Root).Read();

    /// <summary>2 sockets of 2 dies of 2 cores of 2 threads, and a CPU that is offline.</summary>
    private void AddTwoSocketHost()
    {
        const string folder = "sys/devices/system/cpu";
        _tree.Add($"{folder}/present", "0-16");
        _tree.Add($"{folder}/online", "0-15");
        for (var cpu = 0; cpu < 16; cpu++)
        {
            _tree.Add($"{folder}/cpu{cpu}/topology/physical_package_id", $"{cpu / 8}");
            _tree.Add($"{folder}/cpu{cpu}/topology/die_id", $"{cpu / 4 % 2}");
            _tree.Add($"{folder}/cpu{cpu}/topology/core_id", $"{cpu / 2 % 2}");
            _tree.Add($"{folder}/cpu{cpu}/topology/thread_siblings_list", $"{cpu / 2 * 2}-{(cpu / 2 * 2) + 1}");
        }
    }
}
