namespace NodeAgent.Sessions;

/// <summary>A VM as it is, or the id of one that is no more.</summary>
/// <param name="Vm">The VM, without statistics; <c>null</c> when it was deleted.</param>
/// <param name="DeletedId">The id of a VM that was deleted; empty otherwise.</param>
internal sealed record VmNews(V1.Vm? Vm, string DeletedId);
