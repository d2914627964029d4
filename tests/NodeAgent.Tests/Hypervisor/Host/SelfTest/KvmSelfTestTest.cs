using System.Collections.Immutable;
using NodeAgent.Hypervisor.Host.SelfTest;
using static NodeAgent.Hypervisor.Host.SelfTest.KvmModeOutcome;

namespace NodeAgent.Tests.Hypervisor.Host.SelfTest;

public sealed class KvmSelfTestTest
{
    [Fact]
    public void Fit_when_all_pass_at_the_hosts_speed() =>
        KvmSelfTest.Judge(Modes()).Verdict.ShouldBe(KvmSelfTestVerdict.Fit);

    [Fact]
    public void Fit_when_only_real_mode_is_emulated() =>
        KvmSelfTest.Judge(Modes(real: Passing(GuestMode.Real16) with { HostRatio = 3000 })).Verdict
            .ShouldBe(KvmSelfTestVerdict.Fit);

    [Fact]
    public void Emulated_when_64_bit_kernel_code_is_slow()
    {
        var (verdict, reason) = KvmSelfTest.Judge(Modes(kernel: Passing(GuestMode.Long64) with { HostRatio = 2900 }));
        verdict.ShouldBe(KvmSelfTestVerdict.EmulatedOnly);
        reason.ShouldContain("2900 times");
        reason.ShouldContain("hang");
    }

    [Theory]
    [InlineData(Passed, EmulationFailed)]
    [InlineData(EmulationFailed, null)]
    public void Emulated_when_an_instruction_of_64_bit_kernels_is_unknown(KvmModeOutcome simple, KvmModeOutcome? work)
    {
        var broken = Passing(GuestMode.Long64) with { Outcome = simple, KernelOutcome = work, Detail = "No PADDQ." };
        var (verdict, reason) = KvmSelfTest.Judge(Modes(kernel: broken));
        verdict.ShouldBe(KvmSelfTestVerdict.EmulatedOnly);
        reason.ShouldContain("No PADDQ.");
    }

    [Theory]
    [InlineData(WrongOutput)]
    [InlineData(UnexpectedExit)]
    [InlineData(TimedOut)]
    [InlineData(Refused)]
    public void Failed_when_any_guest_does_not_run(KvmModeOutcome outcome)
    {
        foreach (var mode in Enum.GetValues<GuestMode>())
        {
            var broken = Passing(mode) with
            {
                Outcome = outcome,
                KernelOutcome = null,
                HostRatio = null,
                Detail = "So.",
            };
            var (verdict, reason) = KvmSelfTest.Judge([.. Modes().Select(each => each.Mode == mode ? broken : each)]);
            verdict.ShouldBe(KvmSelfTestVerdict.Failed);
            reason.ShouldContain(GuestState.Greeting(mode));
            reason.ShouldContain("So.");
        }
    }

    [Fact]
    public void Failed_when_paging_does_not_work_although_the_processor_runs_the_guest() =>
        KvmSelfTest.Judge(Modes(work: UnexpectedExit)).Verdict.ShouldBe(KvmSelfTestVerdict.Failed);

    [Fact]
    public void Emulation_explains_a_32_bit_guest_without_paging() =>
        KvmSelfTest.Judge(Modes(kernel: Passing(GuestMode.Long64) with { HostRatio = 2900 }, work: UnexpectedExit))
            .Verdict.ShouldBe(KvmSelfTestVerdict.EmulatedOnly);

    private static ImmutableArray<KvmModeResult> Modes(
        KvmModeResult? real = null, KvmModeResult? kernel = null, KvmModeOutcome work = Passed) =>
    [
        real ?? Passing(GuestMode.Real16),
        Passing(GuestMode.Protected32) with { KernelOutcome = work },
        kernel ?? Passing(GuestMode.Long64),
    ];

    private static KvmModeResult Passing(GuestMode mode) => new(
        mode,
        Passed,
        Passed,
        "",
        GuestState.Greeting(mode),
        TimeSpan.FromMicroseconds(700),
        512_000,
        1.04,
        TimeSpan.FromMicroseconds(1),
        TimeSpan.FromMilliseconds(4));
}
