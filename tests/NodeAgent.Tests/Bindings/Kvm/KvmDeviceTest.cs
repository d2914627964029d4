using NodeAgent.Bindings.Kvm;

namespace NodeAgent.Tests.Bindings.Kvm;

public sealed class KvmDeviceTest : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvm-device-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Missing_device_is_ENOENT_from_open()
    {
        var error = Should.Throw<KvmException>(() => KvmDevice.Open(Path.Combine(_folder, "kvm")));
        error.Call.ShouldBe("open");
        error.Errno.ShouldBe(Errno.NoEntry);
    }

    [Fact]
    public void Regular_file_is_ENOTTY_from_the_first_ioctl()
    {
        var path = Path.Combine(_folder, "kvm");
        File.WriteAllText(path, "not KVM");
        using var device = KvmDevice.Open(path);
        var error = Should.Throw<KvmException>(() => device.ApiVersion);
        error.Call.ShouldBe("KVM_GET_API_VERSION");
        error.Errno.ShouldBe(Errno.NotTty);
        error.Message.ShouldContain("errno 25");
    }

    [Fact]
    public void Closed_device_cannot_be_asked()
    {
        var path = Path.Combine(_folder, "kvm");
        File.WriteAllText(path, "not KVM");
        var device = KvmDevice.Open(path);
        device.Dispose();
        Should.Throw<ObjectDisposedException>(() => device.ApiVersion);
    }

    [Fact]
    public void Real_device_answers_every_question()
    {
        using var device = RealKvm.OpenOrSkip();
        device.ApiVersion.ShouldBe(KvmDevice.RequiredApiVersion);

        var extensions = device.ReadExtensions();
        extensions.Count.ShouldBe(Enum.GetValues<KvmCapability>().Length);
        extensions.Single(extension => extension.Name == "KVM_CAP_USER_MEMORY").Value.ShouldBe(1);
        extensions.Single(extension => extension.Name == "KVM_CAP_S390_PSW").Value.ShouldBe(0);

        var limits = device.ReadLimits();
        limits.RecommendedVcpus.ShouldBeGreaterThan(0);
        limits.MaxVcpus.ShouldBeGreaterThanOrEqualTo(limits.RecommendedVcpus);
        limits.MaxVcpuId.ShouldBeGreaterThanOrEqualTo(limits.MaxVcpus);
        limits.MemorySlots.ShouldBeGreaterThanOrEqualTo(32);

        var cpuid = device.ReadSupportedCpuid();
        cpuid.ShouldContain(entry => entry.Leaf == 0);
        CpuidFeatures.Decode(cpuid).ShouldContain("lm");
    }

    [Fact]
    public void Real_device_lists_each_msr_feature_once()
    {
        using var device = RealKvm.OpenOrSkip();
        Assert.SkipUnless(
            device.CheckExtension(KvmCapability.KVM_CAP_GET_MSR_FEATURES) != 0, "This KVM has no MSR features.");
        var features = device.ReadMsrFeatures();
        features.ShouldNotBeEmpty();
        features.Select(feature => feature.Index).ShouldBeUnique();
    }

    [Fact]
    public void Guest_memory_cannot_be_touched_after_it_was_unmapped()
    {
        var memory = MappedMemory.Allocate(4096);
        memory.Bytes[4095] = 7;
        memory.Bytes[4095].ShouldBe((byte)7);
        memory.Dispose();
        Should.Throw<ObjectDisposedException>(() => memory.Bytes[0]);
    }

    [Fact]
    public void Unlisted_msr_is_named_by_its_number()
    {
        new MsrFeature(0x10A, 0).Name.ShouldBe("MSR_IA32_ARCH_CAPABILITIES");
        new MsrFeature(0xBEEF, 0).Name.ShouldBe("0xbeef");
    }
}
