using Google.Protobuf.WellKnownTypes;
using NodeAgent.Hypervisor.Host;
using NodeAgent.Hypervisor.Host.SelfTest;

namespace NodeAgent.Rpc;

/// <summary>KVM as the contract's.</summary>
internal static class KvmWriter
{
    public static V1.KvmInfo Write(KvmFacts kvm, DateTimeOffset time, bool full)
    {
        var info = new V1.KvmInfo
        {
            Device = kvm.DevicePath,
            Available = kvm.Availability is KvmAvailability.Available or KvmAvailability.EmulatedOnly or KvmAvailability.SelfTestFailed,
            ApiVersion = kvm.ApiVersion ?? 0,
            Nested = kvm.NestedVirtualization,
            SelfTest = SelfTest(kvm, time),
        };
        if (kvm.Limits is { } limits)
        {
            info.RecommendedVcpus = limits.RecommendedVcpus;
            info.MaxVcpus = limits.MaxVcpus;
            info.MaxVcpuId = limits.MaxVcpuId;
            info.MemorySlots = limits.MemorySlots;
            info.NestedStateBytes = limits.NestedStateBytes;
        }

        if (full)
        {
            info.CpuidFeatures.Add(kvm.CpuFeatures);
            foreach (var extension in kvm.Extensions)
            {
                info.Extensions[extension.Name] = extension.Value;
            }

            foreach (var msr in kvm.MsrFeatures)
            {
                info.MsrFeatures[$"0x{msr.Index:x}"] = msr.Value;
            }
        }

        return info;
    }

    private static V1.KvmSelfTest SelfTest(KvmFacts kvm, DateTimeOffset time) => new()
    {
        Verdict = kvm.Availability switch
        {
            KvmAvailability.Available => V1.KvmVerdict.Fit,
            KvmAvailability.EmulatedOnly => V1.KvmVerdict.EmulatedOnly,
            KvmAvailability.SelfTestFailed => V1.KvmVerdict.Failed,
            KvmAvailability.NoDevice or KvmAvailability.NoPermission or KvmAvailability.WrongApiVersion or KvmAvailability.NotAsked => V1.KvmVerdict.Unavailable,
            _ => throw new ArgumentOutOfRangeException(nameof(kvm)),
        },
        Reason = kvm.Explanation,
        Runs = { kvm.SelfTest?.Modes.Select(Write) ?? [] },
        Duration = kvm.SelfTest?.Duration.ToDuration(),
        RunTime = time.ToTimestamp(),
    };

    private static V1.KvmGuestRun Write(KvmModeResult mode) => new()
    {
        Bits = BitsOf(mode.Mode),
        Passed = mode.Outcome is KvmModeOutcome.Passed,
        Slowdown = mode.HostRatio ?? 0,
        ExitLatency = mode.ExitLatency?.ToDuration(),
        Message = mode.Detail,
    };

    private static int BitsOf(GuestMode mode) => mode switch
    {
        GuestMode.Real16 => 16,
        GuestMode.Protected32 => 32,
        GuestMode.Long64 => 64,
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };
}
