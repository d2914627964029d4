using System.Globalization;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Output;
using NodeAgent.Cli.Values;
using NodeAgent.V1;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace NodeAgent.Cli.Nodes;

/// <summary>The node's line and a row for each VM, from what the agent knew at the last two looks.</summary>
internal sealed class TopView(Call call)
{
    private const int PageSize = 1000;
    private const int HeadLines = 2;

    private Dictionary<string, Row> _rows = [];
    private Node _node = new();

    /// <summary>Whether the rates of all VMs that run are known.</summary>
    public bool HasAllRates => _rows.Values.All(r => r.Rates is not null || r.Vm.Status?.State != VmState.Running);

    /// <summary>Asks the agent.</summary>
    public async Task LookAsync()
    {
        _node = await call.Agent.Node.GetNodeAsync(new GetNodeRequest { View = NodeView.Basic }, call.Unary);
        var rows = new Dictionary<string, Row>(StringComparer.Ordinal);
        var token = "";
        do
        {
            var page = await call.Agent.Vms.ListVmsAsync(new ListVmsRequest { PageSize = PageSize, PageToken = token }, call.Unary);
            foreach (var vm in page.Vms)
            {
                rows[vm.Id] = Next(_rows.GetValueOrDefault(vm.Id), vm);
            }

            token = page.NextPageToken;
        }
        while (token.Length > 0);

        _rows = rows;
    }

    /// <summary>Lays it out for the terminal.</summary>
    /// <param name="rows">How many lines there are; null for as many as are needed. The busiest VMs come first.</param>
    public IRenderable Render(int? rows)
    {
        var all = _rows.Values.OrderByDescending(r => r.Rates?.CpuPercent ?? -1).ThenBy(r => r.Vm.Name, StringComparer.Ordinal).ToList();
        var shown = rows is { } lines && all.Count > lines - HeadLines ? all[..Math.Max(0, lines - HeadLines)] : all;
        var table = TextTable<Row>.Fit(Columns(), shown, wide: false, call.Printer.Width);
        var summary = Summary();
        return new Rows(new Text(call.Printer.Width is { } width && summary.Length > width ? summary[..width] : summary, Palette.Heading), table.All(shown));
    }

    // Between two samples of the agent the last rates stay: they are still the newest that are known.
    private static Row Next(Row? last, Vm vm)
    {
        if (last is null || last.Vm.Status?.RunId != vm.Status?.RunId)
        {
            return new Row(vm, null);
        }

        return VmRates.Between(last.Vm.Status?.Stats, vm.Status?.Stats) is { } rates ? new Row(vm, rates) : new Row(last.Sampled(vm), last.Rates);
    }

    private static IEnumerable<Column<Row>> Columns() =>
    [
        new("NAME", r => r.Vm.Name) { Shrinks = true },
        new("STATE", r => EnumText.Format(r.Vm.Status?.State ?? VmState.Unspecified)),
        new("VCPUS", r => $"{r.Vm.Spec?.Cpu?.Vcpus ?? 0}") { Right = true },
        new("CPU %", r => r.Rates is { } rates ? rates.CpuPercent.ToString("0.0", CultureInfo.InvariantCulture) : HumanText.None) { Right = true },
        new("MEMORY", r => HumanText.Size(r.Vm.Spec?.MemoryBytes ?? 0)) { Right = true },
        new("RSS", r => r.Vm.Status?.Stats is { RssBytes: > 0 } stats ? HumanText.Size(stats.RssBytes) : HumanText.None) { Right = true },
        new("READ/s", r => Rate(r.Rates?.ReadBytes)) { Right = true },
        new("WRITE/s", r => Rate(r.Rates?.WrittenBytes)) { Right = true },
        new("RX/s", r => Rate(r.Rates?.ReceivedBytes)) { Right = true },
        new("TX/s", r => Rate(r.Rates?.TransmittedBytes)) { Right = true },
    ];

    private static string Rate(double? bytes) => bytes is { } b ? HumanText.Size(b) : HumanText.None;

    private string Summary()
    {
        var running = _rows.Values.Count(r => r.Vm.Status?.State == VmState.Running);
        var memory = _node.Memory is { } m ? $", {HumanText.Size(m.AvailableBytes)} of {HumanText.Size(m.TotalBytes)} available" : "";
        var cpu = _rows.Values.Sum(r => r.Rates?.CpuPercent ?? 0).ToString("0", CultureInfo.InvariantCulture);
        return $"{_node.Hostname}: {running} of {_rows.Count} VMs running, {cpu} % CPU of {_node.Cpu?.Logical ?? 0} CPUs{memory}";
    }

    /// <summary>A VM with its rates; null until two samples are there.</summary>
    private sealed record Row(Vm Vm, VmRates? Rates)
    {
        // Keeps the older sample to measure from, when the newer reply carries no newer one.
        public Vm Sampled(Vm newer)
        {
            if (newer.Status is not null)
            {
                newer.Status.Stats ??= Vm.Status?.Stats;
            }

            return newer;
        }
    }
}
