using CsCheck;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Vms;

public sealed class VmLifecycleTests
{
    private static readonly VmExit Exit = new() { Reason = VmExitReason.GuestShutdown, Message = "gone", Time = DateTimeOffset.UnixEpoch };

    private static readonly (string Name, VmState State)[] States =
    [
        ("stopped", new VmState.Stopped(null)),
        ("suspended", new VmState.Stopped(Exit with { Reason = VmExitReason.Suspended })),
        ("starting", new VmState.Starting(false)),
        ("starting-paused", new VmState.Starting(true)),
        ("running", new VmState.Running()),
        ("paused", new VmState.Paused(PauseCause.Requested)),
        ("panicked", new VmState.Paused(PauseCause.GuestPanic)),
        ("shutting-down", new VmState.Stopping(StopKind.Shutdown)),
        ("quitting", new VmState.Stopping(StopKind.Quit)),
        ("suspending", new VmState.Stopping(StopKind.Suspend)),
        ("being-killed", new VmState.Stopping(StopKind.Kill)),
        ("guest-ended", new VmState.Stopping(StopKind.GuestEnded)),
        ("unknown-proven", new VmState.Unknown("Silent.", true)),
        ("unknown", new VmState.Unknown("Looking.", false)),
        ("quarantined-proven", new VmState.Quarantined("No socket.", true)),
        ("quarantined", new VmState.Quarantined("Other UUID.", false)),
    ];

    private static readonly (string Name, VmVerb Verb)[] Verbs =
    [
        ("start", new VmVerb.Start()),
        ("start-paused", new VmVerb.Start(Paused: true)),
        ("shutdown", new VmVerb.Shutdown()),
        ("stop", new VmVerb.Stop(Force: false)),
        ("force-stop", new VmVerb.Stop(Force: true)),
        ("reboot", new VmVerb.Reboot()),
        ("reset", new VmVerb.Reset()),
        ("pause", new VmVerb.Pause()),
        ("suspend", new VmVerb.Suspend()),
        ("resume", new VmVerb.Resume()),
        ("delete", new VmVerb.Delete()),
    ];

    private static readonly (string Name, VmObservation Seen)[] Observations =
    [
        ("started", new VmObservation.Started()),
        ("gone", new VmObservation.Gone(Exit)),
        ("cpus-stopped", new VmObservation.CpusStopped(PauseCause.IoError)),
        ("cpus-resumed", new VmObservation.CpusResumed()),
        ("guest-shut-down", new VmObservation.GuestShutDown()),
        ("panic-pause", new VmObservation.GuestPanicked(PanicAction.Pause)),
        ("panic-stop", new VmObservation.GuestPanicked(PanicAction.Stop)),
        ("panic-reset", new VmObservation.GuestPanicked(PanicAction.Reset)),
        ("watchdog-reset", new VmObservation.WatchdogFired(WatchdogAction.Reset)),
        ("watchdog-pause", new VmObservation.WatchdogFired(WatchdogAction.Pause)),
        ("watchdog-stop", new VmObservation.WatchdogFired(WatchdogAction.Stop)),
        ("stop-abandoned", new VmObservation.StopAbandoned(true)),
        ("in-doubt", new VmObservation.InDoubt("Silent.", true)),
        ("not-attachable", new VmObservation.NotAttachable("No socket.", true)),
        ("adopted-running", new VmObservation.Adopted(true, PauseCause.Requested)),
        ("adopted-paused", new VmObservation.Adopted(false, PauseCause.Watchdog)),
    ];

    /// <summary>Every state with every input, against the table that people read: VmLifecycle.table beside this file.</summary>
    [Fact]
    public void Whole_table_is_as_written_down()
    {
        var lines = from state in States
                    from input in Verbs.Select(verb => (verb.Name, Decision: VmLifecycle.Decide(state.State, verb.Verb)))
                        .Concat(Observations.Select(seen => (seen.Name, Decision: VmLifecycle.Decide(state.State, seen.Seen))))
                    select $"{state.Name,-18} {input.Name,-15} {Describe(input.Decision)}";
        Golden.Check("Hypervisor/Vms/VmLifecycle.table", string.Join('\n', lines) + "\n");
    }

    [Fact]
    public void Stopped_is_entered_only_when_the_process_is_proven_gone()
    {
        foreach (var (name, state) in States.Where(state => state.State.MayHaveProcess))
        {
            foreach (var (verbName, verb) in Verbs)
            {
                (VmLifecycle.Decide(state, verb) is VmDecision.Accept { Next: VmState.Stopped }).ShouldBeFalse($"{name} {verbName}");
            }

            foreach (var (seenName, seen) in Observations.Where(seen => seen.Seen is not VmObservation.Gone))
            {
                (VmLifecycle.Decide(state, seen) is VmDecision.Accept { Next: VmState.Stopped }).ShouldBeFalse($"{name} {seenName}");
            }
        }
    }

    [Fact]
    public void Unproven_process_is_never_killed()
    {
        foreach (var state in new VmState[] { new VmState.Unknown("Looking.", false), new VmState.Quarantined("Other UUID.", false) })
        {
            foreach (var (_, verb) in Verbs)
            {
                VmLifecycle.Decide(state, verb).ShouldBeOfType<VmDecision.Refuse>();
            }
        }
    }

    [Fact]
    public void Force_stop_is_taken_wherever_a_proven_process_is()
    {
        foreach (var (name, state) in States.Where(state => state.Name is not ("stopped" or "suspended" or "unknown" or "quarantined" or "being-killed")))
        {
            VmLifecycle.Decide(state, new VmVerb.Stop(Force: true)).ShouldBe(
                new VmDecision.Accept(new VmState.Stopping(StopKind.Kill), VmWork.Kill), name);
        }
    }

    [Fact]
    public void Any_sequence_of_inputs_keeps_the_rules()
    {
        var input = Gen.Int[0, Verbs.Length + Observations.Length - 1];
        input.Array[1, 60].Sample(inputs =>
        {
            VmState state = new VmState.Stopped(null);
            foreach (var index in inputs)
            {
                var decision = index < Verbs.Length
                    ? VmLifecycle.Decide(state, Verbs[index].Verb)
                    : VmLifecycle.Decide(state, Observations[index - Verbs.Length].Seen);
                if (index >= Verbs.Length && decision is VmDecision.Refuse or VmDecision.Join)
                {
                    return false;
                }

                if (decision is not VmDecision.Accept accept)
                {
                    continue;
                }

                // Out of Stopped there is one door, and it is a start that was asked for.
                if (state is VmState.Stopped && accept.Next is not VmState.Stopped && accept.Work is not VmWork.Start)
                {
                    return false;
                }

                state = accept.Next;
            }

            return true;
        });
    }

    private static string Describe(VmDecision decision) => decision switch
    {
        VmDecision.Accept accept => $"-> {Name(accept.Next)}{(accept.Work is VmWork.None ? "" : $" ({accept.Work})")}",
        VmDecision.Ignore => "nothing to do",
        VmDecision.Join => "join",
        VmDecision.Refuse refuse => $"refuse {refuse.Reason}",
        _ => throw new InvalidOperationException(),
    };

    private static string Name(VmState state) => state switch
    {
        VmState.Paused paused => $"Paused {paused.Cause}",
        VmState.Stopping stopping => $"Stopping {stopping.How}",
        VmState.Starting { LeavePaused: true } => "Starting paused",
        _ => state.GetType().Name,
    };
}
