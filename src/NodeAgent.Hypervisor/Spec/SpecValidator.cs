using System.Collections.Immutable;

namespace NodeAgent.Hypervisor.Spec;

/// <summary>
/// Judges a VM's definition by itself and by the files it names. It does not read the files (their headers are for
/// <c>Storage</c>) and does not ask what the installed QEMU can do (that is for <c>Qemu</c>).
/// </summary>
public static class SpecValidator
{
    /// <summary>Finds all that is wrong.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="roots">Where files may come from.</param>
    /// <returns>What is wrong, by the path of the field in the contract, with the remedy; empty when it is right.</returns>
    public static ImmutableArray<FieldViolation> Validate(VmDefinition definition, ImageRoots roots)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(roots);
        var violations = new ViolationList();
        var spec = definition.Spec;
        IdentityRules.Check(definition, violations);
        MachineRules.Check(spec, violations);
        DeviceNameRules.Check(spec, violations);
        DiskRules.Check(spec, roots, violations);
        NetworkRules.Check(spec, violations);
        PolicyRules.Check(spec, violations);
        if (spec.Kernel is { } kernel)
        {
            KernelRules.Check(kernel, roots, violations);
        }

        return violations.ToImmutable();
    }
}
