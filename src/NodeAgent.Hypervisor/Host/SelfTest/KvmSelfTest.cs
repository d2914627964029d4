using System.Collections.Immutable;
using System.Globalization;
using NodeAgent.Bindings.Kvm;

namespace NodeAgent.Hypervisor.Host.SelfTest;

/// <summary>
/// Finds out what this host's KVM is worth by running tiny guests on it in 16, 32 and 64-bit mode.
/// </summary>
/// <remarks>
/// <para>
/// That a guest runs is not enough. A KVM without hardware help for a guest's kernel mode (a nested kind such as PVM)
/// passes such a guest through its instruction emulator: simple programs work, at a thousandth of the speed, and a
/// normal
/// kernel hangs or dies at the first instruction that the emulator does not know. Two things tell such a KVM, both in
/// 64-bit kernel mode: a plain loop that is far slower than on the host, and SSE2 that cannot be executed. Either
/// suffices. Privileged operations (page tables, CR3, MSRs) do not tell it in 64-bit mode: the emulator does them well.
/// </para>
/// <para>
/// Measured: on a PVM kind of KVM the 64-bit loop took 2,800 to 2,900 times the host's time, MOVQ to an SSE register could
/// not be emulated, and a 32-bit guest shut down when it turned paging on; on AMD's SVM, with nested paging and without,
/// the loop took 1.0 times the host's time and all else passed.
/// </para>
/// <para>
/// Only the 64-bit loop is judged by its speed: processors exist that run 64-bit kernels perfectly and need the
/// emulator
/// for real mode.
/// </para>
/// </remarks>
internal static class KvmSelfTest
{
    /// <summary>
    /// How many times slower than the host a guest's loop may be. The processor itself gives 1, disturbed perhaps 2 or
    /// 3;
    /// an emulator gives a thousand or more.
    /// </summary>
    internal const double MostHostRatio = 20;

    /// <summary>How long a guest may take; they take milliseconds.</summary>
    internal static readonly TimeSpan GuestBudget = TimeSpan.FromSeconds(1);

    /// <summary>Runs the guests of all modes. Call it on a thread of its own, see <see cref="RunDeadline"/>.</summary>
    public static KvmSelfTestResult Run(KvmDevice device, CpuidEntry[] cpuid, TimeProvider time)
    {
        var start = time.GetTimestamp();
        var host = ReferenceLoop.NanosecondsPerRound(time);
        var trial = new GuestTrial(device, cpuid, time, GuestBudget);
        var modes = Enum.GetValues<GuestMode>()
            .Select(mode => trial.Try(mode, GuestProgram.For(mode), host))
            .ToImmutableArray();
        var (verdict, reason) = Judge(modes);
        return new KvmSelfTestResult(verdict, reason, modes, time.GetElapsedTime(start));
    }

    /// <summary>What the results of all modes mean.</summary>
    internal static (KvmSelfTestVerdict Verdict, string Reason) Judge(ImmutableArray<KvmModeResult> modes)
    {
        var kernel = modes.Single(mode => mode.Mode == GuestMode.Long64);
        var broken = modes.FirstOrDefault(mode => mode.Outcome != KvmModeOutcome.Passed);
        if (broken is not null && broken != kernel)
        {
            return (KvmSelfTestVerdict.Failed, WhyFailed(broken, broken.Outcome));
        }

        var slow = kernel.HostRatio > MostHostRatio;
        if (slow || (kernel.KernelOutcome ?? kernel.Outcome) == KvmModeOutcome.EmulationFailed)
        {
            return (KvmSelfTestVerdict.EmulatedOnly, WhyEmulated(kernel, slow));
        }

        broken ??= modes.FirstOrDefault(mode => mode.KernelOutcome != KvmModeOutcome.Passed);
        return broken is null
            ? (KvmSelfTestVerdict.Fit,
                $"Guests ran in every mode; 64-bit kernel code takes {Ratio(kernel)} times as long as on the host.")
            : (KvmSelfTestVerdict.Failed, WhyFailed(broken, broken.KernelOutcome ?? broken.Outcome));
    }

    private static string WhyFailed(KvmModeResult broken, KvmModeOutcome outcome) =>
        $"The {GuestState.Greeting(broken.Mode)} failed ({outcome}). {broken.Detail}";

    private static string WhyEmulated(KvmModeResult kernel, bool slow)
    {
        List<string> sentences = ["KVM emulates 64-bit guest kernel code instead of letting the processor run it."];
        if (slow)
        {
            sentences.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"A plain loop took {Ratio(kernel)} times as long as on the host; {MostHostRatio} is the limit."));
        }

        if (kernel.Detail.Length > 0)
        {
            sentences.Add(kernel.Detail);
        }

        sentences.Add("Normal 64-bit kernels hang here.");
        return string.Join(' ', sentences);
    }

    private static string Ratio(KvmModeResult mode) =>
        mode.HostRatio?.ToString(mode.HostRatio < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) ?? "?";
}
