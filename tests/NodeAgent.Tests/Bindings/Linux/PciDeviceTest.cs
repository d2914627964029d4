using NodeAgent.Bindings.Linux;

namespace NodeAgent.Tests.Bindings.Linux;

public sealed class PciDeviceTest : IDisposable
{
    private const string Folder = "sys/bus/pci/devices";

    private readonly FakeTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Device_is_read_with_driver_node_and_group()
    {
        AddDevice("0000:3b:00.0", "0x8086", "0x1572", "0x020000");
        _tree.Add($"{Folder}/0000:3b:00.0/subsystem_vendor", "0x1028");
        _tree.Add($"{Folder}/0000:3b:00.0/subsystem_device", "0x1f99");
        _tree.Add($"{Folder}/0000:3b:00.0/numa_node", "1");
        _tree.Link($"{Folder}/0000:3b:00.0/driver", "../../../../bus/pci/drivers/i40e");
        _tree.Link($"{Folder}/0000:3b:00.0/iommu_group", "../../../../kernel/iommu_groups/42");
        Read().ShouldBe(
            [new PciDevice("0000:3b:00.0", 0x8086, 0x1572, 0x020000, 0x1028, 0x1F99, "i40e", 1, 42)]);
    }

    [Fact]
    public void Node_minus_one_and_absent_links_are_null()
    {
        AddDevice("0000:00:01.0", "0x1af4", "0x1041", "0x020000");
        _tree.Add($"{Folder}/0000:00:01.0/numa_node", "-1");
        Read().ShouldBe([new PciDevice("0000:00:01.0", 0x1AF4, 0x1041, 0x020000, null, null, null, null, null)]);
    }

    [Fact]
    public void Device_that_disappears_while_it_is_read_is_left_out()
    {
        _tree.Add($"{Folder}/0000:00:02.0/vendor", "0x1af4");
        AddDevice("0000:00:03.0", "0x1af4", "0x1042", "0x010000");
        Read().Select(device => device.Address).ShouldBe(["0000:00:03.0"]);
    }

    [Fact]
    public void Host_without_PCI_has_none() => Read().ShouldBeEmpty();

    private void AddDevice(string address, string vendor, string device, string classId)
    {
        _tree.Add($"{Folder}/{address}/vendor", vendor);
        _tree.Add($"{Folder}/{address}/device", device);
        _tree.Add($"{Folder}/{address}/class", classId);
    }

    private PciDevice[] Read() => [.. PciDevice.ReadAll(new KernelFiles(_tree.Root))];
}
