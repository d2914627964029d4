namespace NodeAgent.Hypervisor.Vms;

/// <summary>What a shutdown of the host would be like for the guests.</summary>
/// <param name="IsDelayed">logind waits for us.</param>
/// <param name="LongestDelay">How long it waits; <c>null</c> when that is not known.</param>
/// <param name="Problem">Why it does not wait; empty when it does.</param>
public sealed record ShutdownOutlook(bool IsDelayed, TimeSpan? LongestDelay, string Problem);
