using System.Globalization;
using NodeAgent.Bindings.Linux;
using NodeAgent.Health;
using NodeAgent.Hypervisor.Host;
using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>The host: memory, processors, huge pages, NUMA nodes, pressure.</summary>
internal sealed class HostMetrics
{
    private readonly Gauge _info, _bootTime, _sampled, _cpus, _memory, _available, _swap, _swapFree, _numaMemory, _numaFree, _pages, _freePages, _pageBytes;
    private readonly Counter _pressure;
    private string[]? _shown;

    public HostMetrics(MetricsRegistry registry)
    {
        var factory = registry.Factory;
        _info = factory.CreateGauge("nodeagent_host_info", "1; the labels tell the host's name, kernel, distribution and processor.", "hostname", "kernel", "os", "cpu");
        _bootTime = factory.CreateGauge("nodeagent_host_boot_time_seconds", "When the host booted, in Unix time.");
        _sampled = factory.CreateGauge("nodeagent_host_sample_timestamp_seconds", "When the host's figures were read, in Unix time.");
        _cpus = factory.CreateGauge("nodeagent_host_cpus", "Processors of the host by kind (sockets, cores, logical); online ones only.", "kind");
        _memory = factory.CreateGauge("nodeagent_host_memory_bytes", "Memory of the host.");
        _available = factory.CreateGauge("nodeagent_host_memory_available_bytes", "Memory that new programs can have without swapping, as the kernel estimates.");
        _swap = factory.CreateGauge("nodeagent_host_swap_bytes", "Swap space of the host.");
        _swapFree = factory.CreateGauge("nodeagent_host_swap_free_bytes", "Unused swap space.");
        _numaMemory = factory.CreateGauge("nodeagent_host_numa_memory_bytes", "Memory of a NUMA node.", "node");
        _numaFree = factory.CreateGauge("nodeagent_host_numa_memory_free_bytes", "Unused memory of a NUMA node.", "node");
        _pages = factory.CreateGauge("nodeagent_host_hugepages", "Huge pages in the host's pool, by the size of a page in bytes.", "page_size");
        _freePages = factory.CreateGauge("nodeagent_host_hugepages_free", "Huge pages that nobody uses, by the size of a page in bytes.", "page_size");
        _pageBytes = factory.CreateGauge("nodeagent_host_hugepages_bytes", "Memory in the host's pools of huge pages.");
        _pressure = factory.CreateCounter(
            "nodeagent_host_pressure_waiting_seconds_total", "Time for which tasks waited for cpu, memory or io (pressure stall information): some of them, or all (full).", "resource", "tasks");
    }

    public void Record(NodeFacts facts)
    {
        var host = facts.Host;
        ShowInfo(host);
        _bootTime.Set(host.Identity.BootTime?.ToUnixTimeSeconds() ?? 0);
        _sampled.Set(facts.Time.ToUnixTimeMilliseconds() / 1000.0);
        _cpus.WithLabels("sockets").Set(host.Cpu.Sockets);
        _cpus.WithLabels("cores").Set(host.Cpu.Cores);
        _cpus.WithLabels("logical").Set(host.Cpu.OnlineCpus);
        _memory.Set(host.Memory.TotalBytes);
        _available.Set(host.Memory.AvailableBytes);
        _swap.Set(host.Memory.SwapTotalBytes);
        _swapFree.Set(host.Memory.SwapFreeBytes);
        foreach (var node in host.NumaNodes)
        {
            var id = node.Id.ToString(CultureInfo.InvariantCulture);
            _numaMemory.WithLabels(id).Set(node.TotalBytes);
            _numaFree.WithLabels(id).Set(node.FreeBytes);
        }

        foreach (var pool in host.Hugepages)
        {
            var size = pool.PageBytes.ToString(CultureInfo.InvariantCulture);
            _pages.WithLabels(size).Set(pool.Total);
            _freePages.WithLabels(size).Set(pool.Free);
        }

        _pageBytes.Set(host.Hugepages.Sum(pool => pool.Total * pool.PageBytes));
        Record("cpu", host.Pressure.Cpu);
        Record("memory", host.Pressure.Memory);
        Record("io", host.Pressure.Io);
    }

    private void Record(string resource, PressureInfo? pressure)
    {
        if (pressure is not null)
        {
            _pressure.WithLabels(resource, "some").IncTo(pressure.Some.Total.TotalSeconds);
            if (pressure.Full is { } full)
            {
                _pressure.WithLabels(resource, "full").IncTo(full.Total.TotalSeconds);
            }
        }
    }

    // A host can be renamed while the agent runs; the old name's series goes.
    private void ShowInfo(HostFacts host)
    {
        string[] labels = [host.Identity.Hostname ?? "", host.Kernel.Release ?? "", host.Os.PrettyName, host.Cpu.Model.Name ?? ""];
        if (_shown is not null && !_shown.SequenceEqual(labels))
        {
            _info.RemoveLabelled(_shown);
        }

        _shown = labels;
        _info.WithLabels(labels).Set(1);
    }
}
