using System.Collections.Immutable;

namespace NodeAgent.Hypervisor.Host.SelfTest;

/// <summary>The self-test's verdict and what it rests on.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Reason">Why, in words, with the figures.</param>
/// <param name="Modes">What was seen in each mode; empty when no guest could be tried.</param>
/// <param name="Duration">How long the self-test took.</param>
public sealed record KvmSelfTestResult(
    KvmSelfTestVerdict Verdict, string Reason, ImmutableArray<KvmModeResult> Modes, TimeSpan Duration);
