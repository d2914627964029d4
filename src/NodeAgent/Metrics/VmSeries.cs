using NodeAgent.Hypervisor.Vms;
using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>The series of one VM. Guarded by its owner's lock.</summary>
internal sealed class VmSeries
{
    private readonly VmFamilies _families;
    private readonly SeriesSet _own = new();
    private readonly Dictionary<string, Gauge.Child> _states = [];
    private readonly Dictionary<VmConditionKind, Gauge.Child> _conditions = [];
    private readonly Dictionary<VmExitReason, Counter.Child> _exits = [];
    private readonly Gauge.Child _stateTime, _memory, _vcpus, _restarts;
    private readonly SeriesSet _info = new();
    private readonly string _id;
    private VmExit? _exit;
    private (string Machine, string Accelerator) _boot;
    private Guid? _runId;
    private RunSeries? _run;

    public VmSeries(VmFamilies families, VmSnapshot vm)
    {
        _families = families;
        _id = vm.Definition.Id.ToString();
        Name = vm.Definition.Name;
        State = VmWords.Of(vm.State);
        foreach (var state in VmWords.States)
        {
            _states[state] = _own.Add(families.State, Name, state);
        }

        _stateTime = _own.Add(families.StateTime, Name);
        _memory = _own.Add(families.Memory, Name);
        _vcpus = _own.Add(families.Vcpus, Name);
        _restarts = _own.Add(families.Restarts, Name);
        // An end before this agent looked is no event of this counter.
        _exit = vm.LastExit;
        _info.Add(families.Info, Name, _id, vm.Definition.Spec.Machine, "").Set(1);
        _boot = (vm.Definition.Spec.Machine, "");
        Record(vm);
    }

    public string Name { get; }

    public string State { get; private set; }

    public void Record(VmSnapshot vm)
    {
        _states[State].Set(0);
        State = VmWords.Of(vm.State);
        _states[State].Set(1);
        _stateTime.Set(vm.StateTime.ToUnixTimeMilliseconds() / 1000.0);
        _memory.Set(vm.Definition.Spec.MemoryBytes);
        _vcpus.Set(vm.Definition.Spec.Cpu.Vcpus);
        _restarts.Set(vm.RestartCount);
        RecordConditions(vm);
        CountExit(vm.LastExit);
        var boot = vm.Run is { } run ? (run.Boot.Machine, run.Boot.Accelerator.ToString().ToLowerInvariant()) : (vm.Definition.Spec.Machine, "");
        if (boot != _boot)
        {
            _boot = boot;
            _info.Remove();
            _info.Add(_families.Info, Name, _id, boot.Item1, boot.Item2).Set(1);
        }

        FollowRun(vm);
    }

    public void Record(VmSnapshot vm, VmStats stats)
    {
        if (vm.Run is not null && vm.Run.Id == _runId)
        {
            _run?.Record(stats);
        }
    }

    public void Remove()
    {
        _run?.Remove();
        _info.Remove();
        _own.Remove();
    }

    private void FollowRun(VmSnapshot vm)
    {
        if (vm.Run?.Id == _runId)
        {
            return;
        }

        _run?.Remove();
        _runId = vm.Run?.Id;
        _run = vm.Run is { } run ? new RunSeries(_families, Name, run.StartTime) : null;
    }

    private void CountExit(VmExit? exit)
    {
        if (exit is null || exit == _exit)
        {
            return;
        }

        _exit = exit;
        if (!_exits.TryGetValue(exit.Reason, out var series))
        {
            _exits[exit.Reason] = series = _own.Add(_families.Exits, Name, exit.Reason.ToString());
        }

        series.Inc();
    }

    private void RecordConditions(VmSnapshot vm)
    {
        foreach (var condition in vm.Conditions)
        {
            if (!_conditions.ContainsKey(condition.Kind))
            {
                _conditions[condition.Kind] = _own.Add(_families.Condition, Name, condition.Kind.ToString());
            }
        }

        foreach (var (kind, series) in _conditions)
        {
            series.Set(vm.Conditions.Any(condition => condition.Kind == kind) ? 1 : 0);
        }
    }
}
