using System.Collections.Immutable;
using NodeAgent.Hypervisor.Devices;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Storage;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// From a definition to a boot contract: validate → look at the images → pick the accelerator → argument list → compare
/// with what QEMU can do. Nothing is changed by it; the same plan serves a start, a dry run and a recovery.
/// </summary>
/// <param name="roots">Tells where files may come from now; a reload of the configuration may change it.</param>
/// <param name="facts">Tells what is known of the host; may wait for the first probe.</param>
/// <param name="time">The clock.</param>
public sealed class BootPlanner(Func<ImageRoots> roots, Func<CancellationToken, Task<BootFacts>> facts, TimeProvider time)
{
    /// <summary>Longest look at the files of one VM, before their file system is called silent.</summary>
    private static readonly TimeSpan StoragePatience = TimeSpan.FromSeconds(10);

    /// <summary>Plans a start.</summary>
    /// <param name="definition">The VM.</param>
    /// <param name="directory">Where its sockets will be.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="BootRefusedException">It cannot be started as it is; the exception names the fields.</exception>
    public async Task<BootContract> PlanAsync(VmDefinition definition, RunDirectory directory, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(directory);
        var files = await LookAsync(definition, cancellationToken);
        if (!files.Violations.IsEmpty)
        {
            throw new BootRefusedException(BootRefusal.InvalidSpec, files.Violations);
        }

        var known = await facts(cancellationToken);
        if (known.Qemu is not QemuProbeResult.Answered { Capabilities: var qemu })
        {
            throw new BootRefusedException(BootRefusal.NoQemu, ((QemuProbeResult.Failed)known.Qemu).Message);
        }

        var decision = AcceleratorPolicy.Decide(definition.Spec, known.Kvm, qemu);
        if (decision is AcceleratorDecision.Refuse refused)
        {
            throw new BootRefusedException(BootRefusal.HostUnfit, [refused.Violation]);
        }

        var boot = CommandLine.Build(definition, new LaunchChoices
        {
            Qemu = qemu,
            Accelerator = (AcceleratorDecision.Use)decision,
            Directory = directory,
            Disks = files.Disks,
            Kernel = files.Kernel,
        });
        var unfit = CapabilityRules.Check(boot, definition.Spec, qemu);
        return unfit.IsEmpty ? boot : throw new BootRefusedException(BootRefusal.HostUnfit, unfit);
    }

    /// <summary>Finds what is wrong with a definition and its files, without regard to the host: for creation and update.</summary>
    /// <exception cref="BootRefusedException">The files could not be looked at in time.</exception>
    public async Task<ImmutableArray<FieldViolation>> CheckAsync(VmDefinition definition, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return (await LookAsync(definition, cancellationToken)).Violations;
    }

    private async Task<VmFiles> LookAsync(VmDefinition definition, CancellationToken cancellationToken)
    {
        try
        {
            // A file system that does not answer holds the thread that asks it, and nobody else.
            return await Task.Run(() => VmFiles.Look(definition, roots()), cancellationToken)
                .WaitAsync(StoragePatience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new BootRefusedException(
                BootRefusal.StorageSilent,
                $"the VM's files could not be looked at within {StoragePatience.TotalSeconds} s; see whether their file system answers");
        }
    }
}
