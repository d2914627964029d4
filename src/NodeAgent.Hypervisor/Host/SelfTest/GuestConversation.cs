using System.Text;
using NodeAgent.Bindings.Kvm;

namespace NodeAgent.Hypervisor.Host.SelfTest;

/// <summary>
/// The runner's side of <see cref="GuestProgram"/>: runs the guest from one port access to the next, checks each, and
/// keeps the figures. What was measured before a failure stays readable.
/// </summary>
internal sealed class GuestConversation(
    KvmVcpu vcpu, GuestAssembler program, RunDeadline deadline, GuestMode mode, TimeProvider time)
{
    private const uint FirstRounds = 500;
    private const uint RoundsGrowth = 4;
    private const uint MostRounds = 512_000;
    private const int LoopSamples = 3;
    private static readonly TimeSpan LongEnough = TimeSpan.FromMicroseconds(500);

    /// <summary>The greeting, as far as it came.</summary>
    public string Output { get; private set; } = "";

    /// <summary>The shortest time of <see cref="LoopRounds"/> rounds.</summary>
    public TimeSpan? LoopTime { get; private set; }

    /// <summary>The rounds that were timed: as many as the guest's speed allows in a moment.</summary>
    public uint? LoopRounds { get; private set; }

    /// <summary>The median of the timed exits.</summary>
    public TimeSpan? ExitLatency { get; private set; }

    /// <summary>Leads the guest from its first instruction to the end of its timed exits.</summary>
    /// <exception cref="GuestFailureException">It did not do what it should.</exception>
    /// <exception cref="KvmException">KVM refused a system call.</exception>
    public void Lead()
    {
        HearGreeting();
        TimeLoop();
        TimeExits();
    }

    /// <summary>Leads the guest through its kernel work, to its last instruction.</summary>
    /// <exception cref="GuestFailureException">It did not do what it should.</exception>
    /// <exception cref="KvmException">KVM refused a system call.</exception>
    public void LeadKernelWork()
    {
        if (mode != GuestMode.Real16)
        {
            Expect(NextWritten(), GuestState.AliasWord, "read through its page table");
        }

        if (mode == GuestMode.Long64)
        {
            Expect(NextWritten(), GuestState.LongModeEfer, "found in the EFER register");
            Expect(NextWritten(), unchecked((uint)(GuestState.Seed * 2)), "computed with SSE2");
        }

        var end = Run();
        if (end != KvmExitReason.Hlt)
        {
            throw Unexpected(end);
        }
    }

    private void HearGreeting()
    {
        var expected = GuestState.Greeting(mode);
        var heard = new StringBuilder();
        while (NextIsWrite())
        {
            heard.Append((char)vcpu.IoValue);
            Output = heard.ToString();
            if (heard.Length > expected.Length)
            {
                break;
            }
        }

        if (Output != expected)
        {
            throw new GuestFailureException(
                KvmModeOutcome.WrongOutput, $"The guest said \"{Output}\" where \"{expected}\" was to be said.");
        }
    }

    /// <summary>
    /// The guest waits in its read of the number of rounds. The number grows until a row of rounds takes long enough to
    /// be
    /// compared, which an emulated guest reaches with few; so the time is bounded in either case. It is the best of a few
    /// that must be long enough: a first row is slow for reasons of its own, such as memory that is touched first.
    /// </summary>
    private void TimeLoop()
    {
        var rounds = FirstRounds;
        var best = BestOfRounds(rounds);
        while (best < LongEnough && rounds < MostRounds)
        {
            rounds = Math.Min(rounds * RoundsGrowth, MostRounds);
            best = BestOfRounds(rounds);
        }

        (LoopTime, LoopRounds) = (best, rounds);
        vcpu.IoValue = 0;
    }

    private TimeSpan BestOfRounds(uint rounds)
    {
        var best = TimeSpan.MaxValue;
        for (var sample = 0; sample < LoopSamples; sample++)
        {
            var took = TimeRounds(rounds);
            best = took < best ? took : best;
        }

        return best;
    }

    private TimeSpan TimeRounds(uint rounds)
    {
        vcpu.IoValue = rounds;
        var start = time.GetTimestamp();
        ulong result = NextWritten();
        var took = time.GetElapsedTime(start);
        var mask = mode == GuestMode.Real16 ? ushort.MaxValue : uint.MaxValue;
        var expected = ReferenceLoop.Run(rounds);
        Expect((uint)result, (uint)expected & mask, $"computed in {rounds} rounds");
        if (mode == GuestMode.Long64)
        {
            Expect(NextWritten(), (uint)(expected >> 32), $"computed in {rounds} rounds (high half)");
        }

        return NextIsWrite()
            ? throw new GuestFailureException(KvmModeOutcome.WrongOutput, "The guest wrote where it was to read.")
            : took;
    }

    private void TimeExits()
    {
        var times = new TimeSpan[GuestProgram.Exits];
        for (var exit = 0; exit < times.Length; exit++)
        {
            var start = time.GetTimestamp();
            _ = NextWritten();
            times[exit] = time.GetElapsedTime(start);
        }

        Array.Sort(times);
        ExitLatency = times[times.Length / 2];
    }

    private uint NextWritten() => NextIsWrite()
        ? vcpu.IoValue
        : throw new GuestFailureException(KvmModeOutcome.WrongOutput, "The guest read where it was to write.");

    /// <summary>Runs to the next port access.</summary>
    private bool NextIsWrite()
    {
        var exit = Run();
        return exit == KvmExitReason.Io && vcpu.IoPort == GuestState.Port ? vcpu.IoIsWrite : throw Unexpected(exit);
    }

    private KvmExitReason Run()
    {
        KvmExitReason exit;
        do
        {
            // A signal of the runtime's may interrupt as well; only our own deadline's ends the conversation.
            exit = vcpu.Run();
        }
        while (exit == KvmExitReason.Interrupted && !deadline.HasPassed);
        return exit;
    }

    /// <summary>Where the guest stands: the instruction, or the address when it has run off its code.</summary>
    private string Place()
    {
        var rip = vcpu.Registers.Rip;
        return program.SourceAt((long)rip - GuestState.Code) is { } source ? $"\"{source}\"" : $"address {rip:x}h";
    }

    private GuestFailureException Unexpected(KvmExitReason exit) => exit switch
    {
        KvmExitReason.Interrupted => new(KvmModeOutcome.TimedOut, "The guest did not end in time and was stopped."),
        KvmExitReason.InternalError when vcpu.InternalError == KvmInternalError.Emulation =>
            new(KvmModeOutcome.EmulationFailed, $"KVM could not emulate the instruction {Place()}."),
        KvmExitReason.InternalError =>
            new(KvmModeOutcome.UnexpectedExit, $"KVM gave up with internal error {vcpu.InternalError}."),
        _ => new(KvmModeOutcome.UnexpectedExit, $"The guest stopped with exit {exit} at {Place()}."),
    };

    private static void Expect(uint value, uint expected, string what)
    {
        if (value != expected)
        {
            throw new GuestFailureException(
                KvmModeOutcome.WrongOutput, $"The guest gave {value:x}h {what}; {expected:x}h is right.");
        }
    }
}
