using System.Collections.Immutable;
using NodeAgent.Bindings.Kvm;
using NodeAgent.Hypervisor.Host.SelfTest;

namespace NodeAgent.Hypervisor.Host;

/// <summary>All that is known of this host's KVM. What could not be asked is null or empty.</summary>
/// <param name="DevicePath">The device that was asked.</param>
/// <param name="Availability">What it is good for.</param>
/// <param name="Explanation">Why, in words.</param>
/// <param name="ApiVersion">The API version; 12 is the one that works.</param>
/// <param name="Extensions">The kernel's answer about every extension, those with 0 included.</param>
/// <param name="Limits">How large a VM may be.</param>
/// <param name="Cpuid">The CPUID leaves that KVM supports, raw.</param>
/// <param name="CpuFeatures">The names of the features in <paramref name="Cpuid"/>, sorted.</param>
/// <param name="MsrFeatures">The model-specific registers that tell features, with their values.</param>
/// <param name="SelfTest">What the self-test found.</param>
public sealed record KvmFacts(
    string DevicePath,
    KvmAvailability Availability,
    string Explanation,
    int? ApiVersion,
    ImmutableArray<KvmExtension> Extensions,
    KvmLimits? Limits,
    ImmutableArray<CpuidEntry> Cpuid,
    ImmutableArray<string> CpuFeatures,
    ImmutableArray<MsrFeature> MsrFeatures,
    KvmSelfTestResult? SelfTest)
{
    /// <summary>
    /// Whether a guest here could itself run guests with KVM: the CPU feature is offered, and its state can be kept.
    /// </summary>
    public bool NestedVirtualization =>
        Limits is { NestedStateBytes: > 0 } && (CpuFeatures.Contains("vmx") || CpuFeatures.Contains("svm"));

    /// <summary>The facts of a KVM that could not be asked anything, or no more than its version.</summary>
    internal static KvmFacts Unusable(
        string devicePath, KvmAvailability availability, string explanation, int? apiVersion = null) =>
        new(devicePath, availability, explanation, apiVersion, [], null, [], [], [], null);
}
