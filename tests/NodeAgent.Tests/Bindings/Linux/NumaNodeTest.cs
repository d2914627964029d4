using NodeAgent.Bindings.Linux;

namespace NodeAgent.Tests.Bindings.Linux;

public sealed class NumaNodeTest : IDisposable
{
    private const string Folder = "sys/devices/system/node";

    private readonly FakeTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Distances_belong_to_the_nodes_that_are_there_also_with_a_gap()
    {
        AddNode(0, "0-3", "10 21 31", 1024, 512);
        AddNode(2, "4-7", "21 10 31", 2048, 1024);
        AddNode(5, "", "31 31 10", 4096, 4096);

        var nodes = Read();
        nodes.Select(node => node.Id).ShouldBe([0, 2, 5]);
        nodes[1].Cpus.ShouldBe([4, 5, 6, 7]);
        nodes[1].Distances.ShouldBe(new Dictionary<int, int> { [0] = 21, [2] = 10, [5] = 31 }, ignoreOrder: true);
        nodes[1].TotalBytes.ShouldBe(2048 * 1024);
        nodes[1].FreeBytes.ShouldBe(1024 * 1024);

        // Memory without processors, as with CXL.
        nodes[2].Cpus.ShouldBeEmpty();
    }

    [Fact]
    public void Huge_pages_are_by_node_and_size()
    {
        AddNode(0, "0", "10", 1024, 512);
        AddPool(0, "hugepages-1048576kB", 4, 1, 0);
        AddPool(0, "hugepages-2048kB", 512, 500, 2);
        Read()[0].Hugepages.ShouldBe(
            [new HugepagePool(2 << 20, 512, 500, null, 2), new HugepagePool(1 << 30, 4, 1, null, 0)]);
    }

    [Fact]
    public void Kernel_without_NUMA_has_no_nodes() => Read().ShouldBeEmpty();

    private void AddNode(int id, string cpus, string distance, long totalKibibytes, long freeKibibytes)
    {
        _tree.Add($"{Folder}/node{id}/cpulist", cpus);
        _tree.Add($"{Folder}/node{id}/distance", distance);
        _tree.Add(
            $"{Folder}/node{id}/meminfo",
            $"Node {id} MemTotal:  {totalKibibytes} kB\nNode {id} MemFree:  {freeKibibytes} kB\n"
            + $"Node {id} HugePages_Total: 0");
    }

    private void AddPool(int node, string name, int total, int free, int surplus)
    {
        _tree.Add($"{Folder}/node{node}/hugepages/{name}/nr_hugepages", $"{total}");
        _tree.Add($"{Folder}/node{node}/hugepages/{name}/free_hugepages", $"{free}");
        _tree.Add($"{Folder}/node{node}/hugepages/{name}/surplus_hugepages", $"{surplus}");
    }

    private NumaNode[] Read() => [.. NumaNode.ReadAll(new KernelFiles(_tree.Root))];
}
