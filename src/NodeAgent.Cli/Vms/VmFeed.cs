using Google.Protobuf;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Output;
using NodeAgent.V1;
using Spectre.Console;

namespace NodeAgent.Cli.Vms;

/// <summary>
/// Shows VMs as they are, then every change, until it is interrupted. When the agent restarts, the new one sends all
/// states again; what has not changed is not shown twice.
/// </summary>
internal sealed class VmFeed
{
    private readonly Call _call;
    private readonly IReadOnlyList<string> _ids;
    private readonly IReadOnlyList<Column<Vm>> _columns;
    private readonly Dictionary<string, Vm> _shown = new(StringComparer.Ordinal);
    private TextTable<Vm>? _table;

    private VmFeed(Call call, IReadOnlyList<string> ids)
    {
        _call = call;
        _ids = ids;
        _columns = VmColumns.For(call.Time);
    }

    /// <summary>Runs until interrupted or until <c>--timeout</c>.</summary>
    /// <param name="call">The run.</param>
    /// <param name="filter">Only VMs that match; empty for all.</param>
    /// <param name="ids">Only these; empty for all.</param>
    public static async Task<int> RunAsync(Call call, string filter, IReadOnlyList<string> ids)
    {
        var feed = new VmFeed(call, ids);
        await LastingStream.RunAsync(call, alive => feed.ReadAsync(filter, alive));
        return ExitCode.Ok;
    }

    private async Task ReadAsync(string filter, Action alive)
    {
        using var stream = _call.Agent.Vms.WatchVms(new WatchVmsRequest { Filter = filter }, _call.Streaming);
        var before = new List<Vm>();
        var synced = false;
        await foreach (var change in stream.ResponseStream.ReadAllAsync(_call.Cancellation))
        {
            alive();
            switch (change.ItemCase)
            {
                case WatchVmsResponse.ItemOneofCase.Vm when Wanted(change.Vm.Id) && IsNew(change.Vm):
                    if (synced)
                    {
                        await ShowAsync(change, change.Vm);
                    }
                    else
                    {
                        before.Add(change.Vm);
                    }

                    break;
                case WatchVmsResponse.ItemOneofCase.Deleted when Wanted(change.Deleted.Id):
                    await ShowDeletedAsync(change);
                    break;
                case WatchVmsResponse.ItemOneofCase.Synced:
                    synced = true;
                    await BeginAsync(before);
                    break;
            }
        }
    }

    private bool Wanted(string id) => _ids.Count == 0 || _ids.Contains(id);

    // For people a change is what they would see; how long the state has lasted is none.
    private bool IsNew(Vm vm)
    {
        var same = _shown.TryGetValue(vm.Id, out var last)
            && (_call.Printer.ForPeople ? Visible(last).SequenceEqual(Visible(vm)) : last.Generation == vm.Generation && last.Status?.Revision == vm.Status?.Revision);
        _shown[vm.Id] = vm;
        return !same;
    }

    private IEnumerable<string> Visible(Vm vm) => _columns.Where(c => c.Title != VmColumns.Lasting).Select(c => c.Value(vm).Text);

    private async Task BeginAsync(List<Vm> vms)
    {
        if (_call.Printer.ForPeople && _table is null)
        {
            _table = TextTable<Vm>.FitStream(_columns, vms, _call.Printer.Format == OutputFormat.Wide, _call.Printer.Width);
            _call.Printer.Console.Write(_table.Header());
            _call.Printer.Console.WriteLine();
        }

        foreach (var vm in vms)
        {
            await ShowAsync(new WatchVmsResponse { Vm = vm }, vm);
        }

        await _call.Surroundings.Out.FlushAsync(_call.Cancellation);
    }

    private Task ShowDeletedAsync(WatchVmsResponse change)
    {
        var gone = _shown.Remove(change.Deleted.Id, out var last) ? last : new Vm { Id = change.Deleted.Id, Name = change.Deleted.Name };
        gone.Status = new VmStatus { Reason = "Deleted" };
        return ShowAsync(change, gone);
    }

    private Task ShowAsync(IMessage change, Vm vm) => _call.Printer.NextAsync(change, vm.Name, () =>
    {
        _call.Printer.Console.Write(_table!.Row(vm));
        _call.Printer.Console.WriteLine();
    });
}
