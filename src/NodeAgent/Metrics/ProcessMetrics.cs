using System.Diagnostics;
using System.Globalization;
using NodeAgent.Logging;
using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>The agent's own process. These are read at the scrape: they are of this process and take microseconds.</summary>
internal sealed class ProcessMetrics
{
    private readonly Gauge _resident;
    private readonly Counter _cpu;
    private readonly Gauge _descriptors;
    private readonly Gauge _threads;
    private readonly Gauge _heap;
    private readonly Counter _collections;
    private readonly Counter _pause;
    private readonly Counter _dropped;
    private readonly LineWriter _log;

    public ProcessMetrics(MetricsRegistry registry, LineWriter log, string version)
    {
        _log = log;
        var factory = registry.Factory;
        _resident = factory.CreateGauge("nodeagent_process_resident_memory_bytes", "Resident memory of the agent.");
        _cpu = factory.CreateCounter("nodeagent_process_cpu_seconds_total", "CPU time of the agent, user and system.");
        _descriptors = factory.CreateGauge("nodeagent_process_open_fds", "Open file descriptors of the agent.");
        _threads = factory.CreateGauge("nodeagent_process_threads", "Threads of the agent.");
        _heap = factory.CreateGauge("nodeagent_process_heap_bytes", "Managed memory in use after the last collection.");
        _collections = factory.CreateCounter("nodeagent_process_gc_collections_total", "Garbage collections by generation.", "generation");
        _pause = factory.CreateCounter("nodeagent_process_gc_pause_seconds_total", "Time for which garbage collection stopped the agent.");
        _dropped = factory.CreateCounter("nodeagent_process_log_lines_dropped_total", "Log lines that were dropped because nobody read them.");
        using (var self = Process.GetCurrentProcess())
        {
            factory.CreateGauge("nodeagent_process_start_time_seconds", "When the agent was started, in Unix time.")
                .Set(new DateTimeOffset(self.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000.0);
        }

        factory.CreateGauge("nodeagent_build_info", "1; the label tells the agent's version.", "version").WithLabels(version).Set(1);
        registry.BeforeScrape(Read);
    }

    private void Read()
    {
        _cpu.IncTo(Environment.CpuUsage.TotalTime.TotalSeconds);
        _heap.Set(GC.GetTotalMemory(forceFullCollection: false));
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            _collections.WithLabels(generation.ToString(CultureInfo.InvariantCulture)).IncTo(GC.CollectionCount(generation));
        }

        _pause.IncTo(GC.GetTotalPauseDuration().TotalSeconds);
        _dropped.IncTo(_log.Dropped);
        try
        {
            var pages = File.ReadAllText("/proc/self/statm").Split(' ')[1];
            _resident.Set(long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize);
            _threads.Set(Directory.EnumerateFileSystemEntries("/proc/self/task").Count());
            // The listing itself has one open.
            _descriptors.Set(Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() - 1);
        }
        catch (IOException)
        {
            // Out of descriptors, for instance: the scrape goes on with what is known.
        }
    }
}
