using System.Collections.Immutable;
using NodeAgent.Hypervisor.Devices;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Storage;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>The files that a definition names, found and checked, or what is wrong with it.</summary>
/// <param name="Violations">What is wrong.</param>
/// <param name="Disks">The disks' images, in the order of the spec; only when nothing is wrong.</param>
/// <param name="Kernel">The kernel's files, or <c>null</c>.</param>
internal sealed record VmFiles(
    ImmutableArray<FieldViolation> Violations, ImmutableArray<DiskImage> Disks = default, KernelImage? Kernel = null)
{
    /// <summary>Validates the definition and reads its files' headers. Waits for file systems.</summary>
    public static VmFiles Look(VmDefinition definition, ImageRoots roots)
    {
        var violations = SpecValidator.Validate(definition, roots);
        if (!violations.IsEmpty)
        {
            return new VmFiles(violations);
        }

        var spec = definition.Spec;
        var inspector = new ImageInspector(roots);
        var disks = ImmutableArray.CreateBuilder<DiskImage>(spec.Disks.Length);
        var wrong = ImmutableArray.CreateBuilder<FieldViolation>();
        for (var i = 0; i < spec.Disks.Length; i++)
        {
            var disk = spec.Disks[i];
            if (inspector.TryInspect(disk.Path, disk.Format, disk.ReadOnly, out var image, out var problem))
            {
                disks.Add(new DiskImage(disk, image));
            }
            else
            {
                wrong.Add(new FieldViolation($"spec.disks[{i}].path", problem));
            }
        }

        var kernel = spec.Kernel is { } asked ? FindKernel(asked, roots, wrong) : null;
        return wrong.Count > 0 ? new VmFiles(wrong.ToImmutable()) : new VmFiles([], disks.ToImmutable(), kernel);
    }

    // Validation looked at them a moment ago; what is there now is what counts.
    private static KernelImage? FindKernel(DirectKernel kernel, ImageRoots roots, ImmutableArray<FieldViolation>.Builder wrong)
    {
        if (!KernelRules.TryFindKernel(kernel.KernelPath, roots, out var kernelPath, out var problem))
        {
            wrong.Add(new FieldViolation(KernelRules.KernelField, problem));
            return null;
        }

        string? initrdPath = null;
        if (kernel.InitrdPath is { } initrd && !KernelRules.TryFindInitrd(initrd, roots, out initrdPath, out problem))
        {
            wrong.Add(new FieldViolation(KernelRules.InitrdField, problem));
        }

        return new KernelImage(kernelPath, initrdPath, kernel.Cmdline);
    }
}
