namespace NodeAgent.Hypervisor.Spec;

/// <summary>Something wrong with a request, by the path of the field in the contract.</summary>
/// <param name="Field">For instance <c>spec.disks[1].path</c>.</param>
/// <param name="Description">What is wrong and what would be right.</param>
public sealed record FieldViolation(string Field, string Description);
