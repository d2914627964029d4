using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Tests.Hypervisor.Qemu;

public sealed class QemuProbeTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
    private static readonly ProbeHost WithoutKvm = new(false, "0x1", "6.1");

    private readonly TemporaryDirectory _home = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Real_QEMU_answers_everything_that_a_start_asks_for()
    {
        RealQemu.SkipWithout();
        var answer = await AnswerAsync(new ProbeHost(RealQemu.HasKvm(), "", ""));
        answer.Binary.ShouldBe(RealQemu.Binary);
        answer.Version.Split('.').Length.ShouldBe(3);
        answer.Accelerators.ShouldContain("tcg");
        answer.FindMachine("q35").ShouldNotBeNull().Name.ShouldStartWith("pc-q35-");
        answer.FindMachine("pc").ShouldNotBeNull().MaxVcpus.ShouldBeGreaterThan(200);
        answer.FindMachine("microvm").ShouldNotBeNull();
        answer.Machines.Count(machine => machine.IsDefault).ShouldBe(1);
        answer.HasOption("sandbox").ShouldBeTrue();
        (!answer.HasSpice || answer.Commands.Contains("query-spice")).ShouldBeTrue();
        answer.HasVnc.ShouldBe(answer.Commands.Contains("query-vnc"));
        answer.NetworkBackends.ShouldContain("user");
        answer.Objects.ShouldContain("memory-backend-ram");
        answer.Objects.ShouldContain("rng-random");
        answer.Commands.ShouldContain("query-cpus-fast");
        answer.CpuModels.ShouldContain(model => model.Name == "qemu64");
        answer.CpuModels.ShouldAllBe(model => (model.Usable == null) != answer.KvmEnabled || model.UnavailableFeatures.IsEmpty == model.Usable);
        foreach (var golden in GoldenCase.All)
        {
            golden.Build().Devices.ShouldAllBe(device => answer.HasDevice(device.Driver));
        }
    }

    [Fact]
    public async Task Without_KVM_nothing_is_said_about_what_KVM_could_run()
    {
        RealQemu.SkipWithout();
        var answer = await AnswerAsync(WithoutKvm);
        answer.KvmEnabled.ShouldBeFalse();
        answer.CpuModels.ShouldAllBe(model => model.Usable == null && model.UnavailableFeatures.IsEmpty);
        answer.CpuModels.Length.ShouldBeGreaterThan(20);
    }

    [Fact]
    public async Task Answer_is_kept_until_something_that_it_depends_on_changes()
    {
        var binary = Script("""exec /usr/bin/qemu-system-x86_64 "$@" """);
        RealQemu.SkipWithout();
        var first = (await AskAsync(binary, WithoutKvm)).ShouldBeOfType<QemuProbeResult.Answered>();
        first.Cached.ShouldBeFalse();

        var second = (await AskAsync(binary, WithoutKvm)).ShouldBeOfType<QemuProbeResult.Answered>();
        second.Cached.ShouldBeTrue();
        second.Capabilities.Devices.ShouldBe(first.Capabilities.Devices);
        second.Capabilities.Machines.ShouldBe(first.Capabilities.Machines);
        second.Capabilities.CpuModels.Select(model => model.Name).ShouldBe(first.Capabilities.CpuModels.Select(model => model.Name));
        second.Capabilities.ProbeTime.ShouldBe(first.Capabilities.ProbeTime);

        (await IsKeptAsync(binary, WithoutKvm with { Microcode = "0x2" })).ShouldBeFalse("microcode");
        (await IsKeptAsync(binary, WithoutKvm with { KernelRelease = "6.2" })).ShouldBeFalse("kernel");
        (await IsKeptAsync(binary, WithoutKvm with { KernelRelease = "6.2" })).ShouldBeTrue("asked just now");
        File.SetLastWriteTimeUtc(binary, DateTimeOffset.UnixEpoch.UtcDateTime);
        (await IsKeptAsync(binary, WithoutKvm with { KernelRelease = "6.2" })).ShouldBeFalse("binary");
    }

    [Fact]
    public async Task Refresh_asks_again()
    {
        RealQemu.SkipWithout();
        await AnswerAsync(WithoutKvm);
        (await Probe().AskAsync(RealQemu.Binary, WithoutKvm, refresh: true, Ct)).ShouldBeOfType<QemuProbeResult.Answered>().Cached.ShouldBeFalse();
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("half")]
    [InlineData("flipped bit")]
    [InlineData("other text")]
    public async Task Damaged_cache_is_no_answer(string damage)
    {
        RealQemu.SkipWithout();
        await AnswerAsync(WithoutKvm);
        var file = Directory.GetFiles(Cache).ShouldHaveSingleItem();
        var bytes = await File.ReadAllBytesAsync(file, Ct);
        switch (damage)
        {
            case "empty": bytes = []; break;
            case "half": bytes = bytes[..(bytes.Length / 2)]; break;
            case "flipped bit": bytes[bytes.Length / 2] ^= 1; break;
            default: bytes = "null\n{}"u8.ToArray(); break;
        }

        await File.WriteAllBytesAsync(file, bytes, Ct);
        (await IsKeptAsync(RealQemu.Binary, WithoutKvm)).ShouldBeFalse();
        (await IsKeptAsync(RealQemu.Binary, WithoutKvm)).ShouldBeTrue("it was mended");
        Directory.GetFiles(Cache).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Cache_that_cannot_be_written_is_done_without()
    {
        RealQemu.SkipWithout();
        await File.WriteAllTextAsync(Cache, "a file where the directory should be", Ct);
        await AnswerAsync(WithoutKvm);
        await AnswerAsync(WithoutKvm);
    }

    [Fact]
    public async Task Missing_binary_is_a_failure_of_its_own() =>
        (await FailureAsync(In("nowhere"))).Reason.ShouldBe(QemuProbeFailure.Missing);

    [Fact]
    public async Task File_that_cannot_be_executed_is_a_failure_of_its_own()
    {
        await File.WriteAllTextAsync(In("text"), "no program", Ct);
        (await FailureAsync(In("text"))).Reason.ShouldBe(QemuProbeFailure.NotExecutable);
        (await FailureAsync(_home.Path)).Reason.ShouldBe(QemuProbeFailure.NotExecutable);
    }

    [Fact]
    public async Task Binary_that_crashes_is_quoted()
    {
        var failure = await FailureAsync(Script("echo I cannot go on >&2; exit 7"));
        failure.Reason.ShouldBe(QemuProbeFailure.Crashed);
        failure.Message.ShouldContain("exit status 7");
        failure.LastWords.ShouldBe("I cannot go on");
    }

    [Fact]
    public async Task Binary_that_is_killed_is_a_crash()
    {
        var failure = await FailureAsync(Script("kill -SEGV $$"));
        failure.Reason.ShouldBe(QemuProbeFailure.Crashed);
        failure.Message.ShouldContain("signal 11");
    }

    [Fact]
    public async Task Binary_that_hangs_is_given_up_and_does_not_stay()
    {
        var failure = await FailureAsync(Script($"echo $$ > {In("pid")}; echo waiting; exec sleep 600"), TimeSpan.FromSeconds(2));
        failure.Reason.ShouldBe(QemuProbeFailure.Hung);
        failure.LastWords.ShouldBe("waiting");
        var pid = (await File.ReadAllTextAsync(In("pid"), Ct)).Trim();
        Directory.Exists($"/proc/{pid}").ShouldBeFalse();
    }

    [Fact]
    public async Task Binary_that_greets_and_then_hangs_is_given_up()
    {
        const string Greeting = """{"QMP":{"version":{"qemu":{"micro":0,"minor":2,"major":7},"package":""},"capabilities":[]}}""";
        var failure = await FailureAsync(Script($"printf '%s\\r\\n' '{Greeting}' >&3; exec sleep 600"), TimeSpan.FromSeconds(2));
        failure.Reason.ShouldBe(QemuProbeFailure.Hung);
    }

    [Fact]
    public async Task Binary_that_speaks_nonsense_is_given_up_at_once()
    {
        var failure = await FailureAsync(Script("echo SSH-2.0-OpenSSH >&3; exec sleep 600"), Long);
        failure.Reason.ShouldBe(QemuProbeFailure.Garbage);
    }

    [Fact]
    public async Task Binary_that_never_ends_its_line_is_given_up_at_once()
    {
        var failure = await FailureAsync(Script("exec cat /dev/zero >&3"), Long);
        failure.Reason.ShouldBe(QemuProbeFailure.Garbage);
    }

    [Fact]
    public async Task Of_endless_last_words_the_end_is_kept()
    {
        var failure = await FailureAsync(Script("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo the end; exit 1"), Long);
        failure.Reason.ShouldBe(QemuProbeFailure.Crashed);
        failure.LastWords.Length.ShouldBeLessThanOrEqualTo(4096);
        failure.LastWords.ShouldEndWith("the end");
    }

    [Fact]
    public async Task QEMU_that_KVM_brings_down_is_asked_without_KVM()
    {
        RealQemu.SkipWithout();
        var binary = Script("""case "$*" in *kvm*) echo KVM is broken >&2; exit 1;; esac; exec /usr/bin/qemu-system-x86_64 "$@" """);
        var answer = (await AskAsync(binary, new ProbeHost(true, "", ""))).ShouldBeOfType<QemuProbeResult.Answered>();
        answer.Capabilities.KvmEnabled.ShouldBeFalse();
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var asking = Probe().AskAsync(Script("exec sleep 600"), WithoutKvm, false, cancel.Token);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => asking);
    }

    public void Dispose() => _home.Dispose();

    private string Cache => In("cache");

    private async Task<QemuCapabilities> AnswerAsync(ProbeHost host) =>
        (await AskAsync(RealQemu.Binary, host)).ShouldBeOfType<QemuProbeResult.Answered>().Capabilities;

    private async Task<bool> IsKeptAsync(string binary, ProbeHost host) =>
        (await AskAsync(binary, host)).ShouldBeOfType<QemuProbeResult.Answered>().Cached;

    private async Task<QemuProbeResult.Failed> FailureAsync(string binary, TimeSpan? patience = null)
    {
        var result = await Probe(patience).AskAsync(binary, WithoutKvm, false, Ct);
        Directory.Exists(Cache).ShouldBeFalse("nothing is kept of a failure");
        return result.ShouldBeOfType<QemuProbeResult.Failed>();
    }

    private Task<QemuProbeResult> AskAsync(string binary, ProbeHost host) => Probe().AskAsync(binary, host, false, Ct);

    private QemuProbe Probe(TimeSpan? patience = null) =>
        new(Cache, TimeProvider.System, NullLogger<QemuProbe>.Instance) { Patience = patience ?? Long };

    private string Script(string body) => ShellScript.Write(In("fake-qemu"), "#!/bin/sh\n" + body + "\n");

    private string In(string name) => Path.Combine(_home.Path, name);
}
