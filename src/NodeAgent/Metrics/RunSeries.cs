using System.Globalization;
using NodeAgent.Hypervisor.Vms;
using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>The sampled series of one run of a VM. They appear with the first sample that has them.</summary>
internal sealed class RunSeries
{
    private readonly VmFamilies _families;
    private readonly string _vm;
    private readonly SeriesSet _set = new();
    private readonly List<(Counter.Child Time, Counter.Child? Exits)> _vcpus = [];
    private readonly Dictionary<string, Counter.Child[]> _blocks = [];
    private Gauge.Child? _sampled, _rss, _balloon;
    private Counter.Child? _cpu;

    public RunSeries(VmFamilies families, string vm, DateTimeOffset startTime)
    {
        _families = families;
        _vm = vm;
        _set.Add(families.StartTime, vm).Set(Seconds(startTime));
    }

    public void Record(VmStats stats)
    {
        (_sampled ??= _set.Add(_families.SampleTime, _vm)).Set(Seconds(stats.Time));
        (_rss ??= _set.Add(_families.Rss, _vm)).Set(stats.RssBytes);
        (_cpu ??= _set.Add(_families.Cpu, _vm)).IncTo(stats.CpuTime.TotalSeconds);
        if (stats.BalloonBytes is { } balloon)
        {
            (_balloon ??= _set.Add(_families.Balloon, _vm)).Set(balloon);
        }

        for (var i = 0; i < stats.Vcpus.Length; i++)
        {
            Record(i, stats.Vcpus[i]);
        }

        foreach (var block in stats.Blocks)
        {
            Record(block);
        }
    }

    public void Remove() => _set.Remove();

    private void Record(int position, VcpuStats vcpu)
    {
        if (position == _vcpus.Count)
        {
            var index = vcpu.Index.ToString(CultureInfo.InvariantCulture);
            _vcpus.Add((_set.Add(_families.VcpuTime, _vm, index), vcpu.Exits is null ? null : _set.Add(_families.VcpuExits, _vm, index)));
        }

        var (time, exits) = _vcpus[position];
        time.IncTo(vcpu.CpuTime.TotalSeconds);
        exits?.IncTo(vcpu.Exits ?? 0);
    }

    private void Record(BlockStats block)
    {
        if (!_blocks.TryGetValue(block.Name, out var series))
        {
            _blocks[block.Name] = series =
            [
                _set.Add(_families.ReadBytes, _vm, block.Name), _set.Add(_families.WrittenBytes, _vm, block.Name),
                _set.Add(_families.Reads, _vm, block.Name), _set.Add(_families.Writes, _vm, block.Name), _set.Add(_families.Flushes, _vm, block.Name),
            ];
        }

        series[0].IncTo(block.ReadBytes);
        series[1].IncTo(block.WrittenBytes);
        series[2].IncTo(block.Reads);
        series[3].IncTo(block.Writes);
        series[4].IncTo(block.Flushes);
    }

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;
}
