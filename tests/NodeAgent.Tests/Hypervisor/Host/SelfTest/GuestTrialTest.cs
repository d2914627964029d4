using NodeAgent.Bindings.Kvm;
using NodeAgent.Hypervisor.Host.SelfTest;
using NodeAgent.Tests.Bindings.Kvm;

namespace NodeAgent.Tests.Hypervisor.Host.SelfTest;

/// <summary>Guests that misbehave, on the real KVM: each must become a result, and none may hold the tester.</summary>
public sealed class GuestTrialTest
{
    private static readonly TimeSpan Ample = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(GuestMode.Real16, "16-bit guest")]
    [InlineData(GuestMode.Protected32, "32-bit guest")]
    [InlineData(GuestMode.Long64, "64-bit guest")]
    public async Task Guest_greets_computes_and_is_timed(GuestMode mode, string greeting)
    {
        var result = await Try(mode, GuestProgram.For(mode), Ample);
        result.Outcome.ShouldBe(KvmModeOutcome.Passed, result.Detail);
        result.Output.ShouldBe(greeting);
        result.LoopTime!.Value.ShouldBeGreaterThan(TimeSpan.Zero);
        result.HostRatio!.Value.ShouldBeGreaterThan(0);
        result.ExitLatency!.Value.ShouldBeInRange(TimeSpan.FromTicks(1), TimeSpan.FromMilliseconds(100));
    }

    [Theory]
    [InlineData(GuestMode.Real16)]
    [InlineData(GuestMode.Protected32)]
    [InlineData(GuestMode.Long64)]
    public async Task Guest_that_never_exits_is_stopped(GuestMode mode)
    {
        var result = await Try(mode, GuestProgram.Endless(), TimeSpan.FromMilliseconds(30));
        result.Outcome.ShouldBe(KvmModeOutcome.TimedOut);
        result.KernelOutcome.ShouldBeNull();
        result.LoopTime.ShouldBeNull();
        result.Duration.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(30));
    }

    [Fact]
    public async Task Guest_that_asks_before_it_greets_is_wrong()
    {
        var code = new GuestAssembler();
        code.Label("forever");
        code.Op("xor al, al", 0x30, 0xC0);
        code.Op("in al, dx", 0xEC);
        code.Jump("jmp", 0xEB, "forever");

        // A read ends the greeting, and there was none.
        (await Try(GuestMode.Protected32, code, Ample)).Outcome.ShouldBe(KvmModeOutcome.WrongOutput);
    }

    [Fact]
    public async Task Guest_that_talks_too_much_is_wrong()
    {
        var code = new GuestAssembler();
        code.Label("forever");
        code.Op("out dx, al", 0xEE);
        code.Jump("jmp", 0xEB, "forever");
        var result = await Try(GuestMode.Protected32, code, Ample);
        result.Outcome.ShouldBe(KvmModeOutcome.WrongOutput);
        result.Output.Length.ShouldBeLessThan(50);
    }

    [Fact]
    public async Task Guest_that_faults_is_an_unexpected_exit()
    {
        // Without an interrupt table the fault is a shutdown.
        var code = new GuestAssembler();
        code.Op("ud2", 0x0F, 0x0B);
        (await Try(GuestMode.Protected32, code, Ample)).Outcome
            .ShouldBeOneOf(KvmModeOutcome.UnexpectedExit, KvmModeOutcome.EmulationFailed);
    }

    [Fact]
    public async Task Guest_that_halts_too_early_is_told_by_its_instruction()
    {
        var code = new GuestAssembler();
        code.Op("nop", 0x90);
        code.Op("hlt", 0xF4);
        code.Op("cli", 0xFA);
        var result = await Try(GuestMode.Protected32, code, Ample);
        result.Outcome.ShouldBe(KvmModeOutcome.UnexpectedExit);
        result.Detail.ShouldContain("Hlt");
        result.Detail.ShouldContain("cli");
    }

    [Fact]
    public async Task Refusal_by_KVM_is_a_result()
    {
        var folder = Directory.CreateTempSubdirectory("guest-trial-").FullName;
        try
        {
            var path = Path.Combine(folder, "kvm");
            await File.WriteAllTextAsync(path, "", TestContext.Current.CancellationToken);
            using var device = KvmDevice.Open(path);
            var result = await OnOwnThread(() => new GuestTrial(device, [], TimeProvider.System, Ample)
                .Try(GuestMode.Long64, GuestProgram.For(GuestMode.Long64), 1));
            result.Outcome.ShouldBe(KvmModeOutcome.Refused);
            result.Detail.ShouldContain("KVM_GET_VCPU_MMAP_SIZE");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<KvmModeResult> Try(GuestMode mode, GuestAssembler program, TimeSpan budget)
    {
        using var device = RealKvm.OpenOrSkip();
        var cpuid = device.ReadSupportedCpuid();
        return await OnOwnThread(() => new GuestTrial(device, cpuid, TimeProvider.System, budget)
            .Try(mode, program, ReferenceLoop.NanosecondsPerRound(TimeProvider.System)));
    }

    private static Task<T> OnOwnThread<T>(Func<T> action) => Task.Factory.StartNew(
        action, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
