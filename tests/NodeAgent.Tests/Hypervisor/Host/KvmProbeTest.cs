using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NodeAgent.Bindings.Kvm;
using NodeAgent.Hypervisor.Host;
using NodeAgent.Hypervisor.Host.SelfTest;
using NodeAgent.Tests.Bindings.Kvm;

namespace NodeAgent.Tests.Hypervisor.Host;

public sealed partial class KvmProbeTest : IDisposable
{
    private const uint Nobody = 65534;

    private readonly string _folder = Directory.CreateTempSubdirectory("kvm-probe-").FullName;

    private string DevicePath => Path.Combine(_folder, "kvm");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Missing_device_is_NoDevice()
    {
        var facts = await Probe(DevicePath);
        facts.Availability.ShouldBe(KvmAvailability.NoDevice);
        facts.Explanation.ShouldContain(DevicePath);
        facts.ApiVersion.ShouldBeNull();
        facts.SelfTest.ShouldBeNull();
        facts.NestedVirtualization.ShouldBeFalse();
    }

    [Fact]
    public async Task Regular_file_is_WrongApiVersion()
    {
        await File.WriteAllTextAsync(DevicePath, "not KVM", TestContext.Current.CancellationToken);
        var facts = await Probe(DevicePath);
        facts.Availability.ShouldBe(KvmAvailability.WrongApiVersion);
        facts.Explanation.ShouldContain("not a KVM device");
    }

    [Fact]
    public async Task Folder_is_NoDevice() =>
        (await Probe(_folder)).Availability.ShouldBe(KvmAvailability.NoDevice);

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task Device_that_may_not_be_opened_is_NoPermission()
    {
        await File.WriteAllTextAsync(DevicePath, "", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(DevicePath, UnixFileMode.None);

        // Modes do not stop root; but a thread can be another user towards files, and the probe's thread inherits it.
        var token = TestContext.Current.CancellationToken;
        var facts = await await Task.Factory.StartNew(
            () =>
            {
                var before = SetFileSystemUser(Nobody);
                var probe = KvmProbe.RunAsync(DevicePath, TimeProvider.System, token);
                _ = SetFileSystemUser(before);
                return probe;
            },
            token,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        facts.Availability.ShouldBe(KvmAvailability.NoPermission);
        facts.Explanation.ShouldContain("Permission denied");
    }

    [Theory]
    [InlineData(Errno.AccessDenied, KvmAvailability.NoPermission)]
    [InlineData(Errno.NotPermitted, KvmAvailability.NoPermission)]
    [InlineData(Errno.NoEntry, KvmAvailability.NoDevice)]
    [InlineData(Errno.NotDirectory, KvmAvailability.NoDevice)]
    [InlineData(Errno.NoDevice, KvmAvailability.NoDevice)]
    [InlineData(Errno.NoDeviceOrAddress, KvmAvailability.NoDevice)]
    public void Errors_of_open_have_their_meaning(int errno, KvmAvailability availability) =>
        KvmProbe.OfOpenError(errno).ShouldBe(availability);

    [Fact]
    public async Task Cancelled_caller_does_not_wait() =>
        await Should.ThrowAsync<OperationCanceledException>(
            () => KvmProbe.RunAsync(DevicePath, TimeProvider.System, new CancellationToken(canceled: true)));

    [Fact]
    public async Task Real_device_is_described_and_judged_by_its_figures()
    {
        RealKvm.OpenOrSkip().Dispose();
        var facts = await Probe(KvmDevice.DefaultPath);
        facts.ApiVersion.ShouldBe(KvmDevice.RequiredApiVersion);
        facts.Extensions.ShouldNotBeEmpty();
        facts.Limits.ShouldNotBeNull();
        facts.CpuFeatures.ShouldContain("lm");

        var selfTest = facts.SelfTest.ShouldNotBeNull();
        facts.Explanation.ShouldBe(selfTest.Reason);
        selfTest.Modes.Select(mode => mode.Mode).ShouldBe(Enum.GetValues<GuestMode>());
        var kernel = selfTest.Modes[^1];
        var native = kernel.HostRatio <= KvmSelfTest.MostHostRatio && kernel.KernelOutcome == KvmModeOutcome.Passed;
        (facts.Availability == KvmAvailability.Available).ShouldBe(native, selfTest.Reason);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{selfTest.Duration.TotalMilliseconds:0.0} ms: {selfTest.Reason}");
    }

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial uint SetFileSystemUser(uint user);

    private static Task<KvmFacts> Probe(string path) =>
        KvmProbe.RunAsync(path, TimeProvider.System, TestContext.Current.CancellationToken);
}
