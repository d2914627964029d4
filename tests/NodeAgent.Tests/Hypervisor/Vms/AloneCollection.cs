namespace NodeAgent.Tests.Hypervisor.Vms;

/// <summary>Tests that look at times or at the whole machine: they run one after the other, when no other test runs.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
