using NodeAgent.Bindings.Kvm;

namespace NodeAgent.Hypervisor.Host.SelfTest;

/// <summary>
/// Tries one guest: a VM of its own with one vCPU, so that what one mode breaks does not touch the next.
/// Call it on a thread of its own, see <see cref="RunDeadline"/>.
/// </summary>
internal sealed class GuestTrial(KvmDevice device, CpuidEntry[] cpuid, TimeProvider time, TimeSpan budget)
{
    /// <summary>
    /// An address that no guest of 64 KiB uses; where other virtual machine monitors put these pages, too.
    /// </summary>
    private const uint RealModePages = 0xFFFB_D000;

    /// <summary>
    /// Tries a guest and says how it went; KVM's refusals and the guest's failures are part of the answer.
    /// </summary>
    /// <param name="mode">The mode.</param>
    /// <param name="program">The guest.</param>
    /// <param name="hostNanosecondsPerRound">The host's own speed, to compare with.</param>
    public KvmModeResult Try(GuestMode mode, GuestAssembler program, double hostNanosecondsPerRound)
    {
        var start = time.GetTimestamp();
        GuestConversation? conversation = null;
        var simplePartPassed = false;
        var (outcome, detail) = (KvmModeOutcome.Passed, "");
        try
        {
            using var memory = MappedMemory.Allocate(GuestState.MemoryBytes);
            using var vm = device.CreateVm();
            using var vcpu = Prepare(vm, memory, mode, program);
            using var deadline = new RunDeadline(budget);
            vcpu.StopAt(deadline);
            conversation = new GuestConversation(vcpu, program, deadline, mode, time);
            conversation.Lead();
            simplePartPassed = true;
            conversation.LeadKernelWork();
        }
        catch (GuestFailureException failure)
        {
            (outcome, detail) = (failure.Outcome, failure.Message);
        }
        catch (KvmException refusal)
        {
            (outcome, detail) = (KvmModeOutcome.Refused, refusal.Message);
        }

        return new KvmModeResult(
            mode,
            simplePartPassed ? KvmModeOutcome.Passed : outcome,
            simplePartPassed ? outcome : null,
            detail,
            conversation?.Output ?? "",
            conversation?.LoopTime,
            conversation?.LoopRounds,
            conversation?.LoopTime?.TotalNanoseconds / conversation?.LoopRounds / hostNanosecondsPerRound,
            conversation?.ExitLatency,
            time.GetElapsedTime(start));
    }

    private KvmVcpu Prepare(KvmVm vm, MappedMemory memory, GuestMode mode, GuestAssembler program)
    {
        GuestState.Fill(memory.Bytes, mode, program.Assemble());
        vm.ReserveForRealMode(RealModePages);
        vm.SetMemory(memory);
        var vcpu = vm.CreateVcpu(0);
        try
        {
            vcpu.SetCpuid(cpuid);
            var system = vcpu.SystemRegisters;
            GuestState.Enter(ref system, mode);
            vcpu.SystemRegisters = system;
            vcpu.Registers = GuestState.Registers();
            return vcpu;
        }
        catch
        {
            vcpu.Dispose();
            throw;
        }
    }
}
