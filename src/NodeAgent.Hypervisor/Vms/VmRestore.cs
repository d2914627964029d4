using Microsoft.Win32.SafeHandles;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Saves;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// What a start does differently when it goes on from a saved state: QEMU is started as the saved one was, its disks are
/// proven to be untouched, and the state is off the record before the guest's first instruction. A crash in between
/// never leaves old memory over newer disks.
/// </summary>
internal sealed class VmRestore(VmServices services, Guid vmId, SavedState saved)
{
    private string Directory => services.Options.VmStateDirectory(vmId);

    /// <summary>What QEMU is started with.</summary>
    /// <exception cref="VmException">A disk is not there.</exception>
    public Task<BootContract> PlanAsync(CancellationToken cancellationToken) => LookAsync(saved.IncomingBoot, cancellationToken);

    /// <summary>Proves that the disks are as the guest left them.</summary>
    /// <exception cref="VmException">One is not, or it cannot be looked at.</exception>
    public async Task CheckDisksAsync(CancellationToken cancellationToken)
    {
        var changed = await LookAsync(() => DiskMark.Changed(saved.Disks), cancellationToken);
        if (changed.Count > 0)
        {
            throw new VmException(
                VmErrorReason.SavedStateUnusable,
                $"{string.Join(", ", changed)} was changed since the guest's state was saved; to go on with the old memory would damage it. {Remedy}");
        }
    }

    /// <summary>Loads the state, or waits for a load that goes on there already.</summary>
    /// <exception cref="IOException">It does not load.</exception>
    public async Task LoadAsync(QemuMonitor monitor, CancellationToken cancellationToken)
    {
        using var file = OpenFile();
        await new StateTransfer(monitor, services.Time).LoadAsync(file, cancellationToken);
    }

    /// <summary>What helps when a saved state is of no use.</summary>
    public const string Remedy =
        "The saved state is kept. Put back what it needs and start again, or boot the guest without it: nodectl vm start --discard-saved-state.";

    private SafeFileHandle OpenFile() => StateFile.Open(Directory, saved);

    private async Task<T> LookAsync<T>(Func<T> look, CancellationToken cancellationToken)
    {
        try
        {
            // A file system that does not answer holds the thread that asks it, and nobody else.
            return await Task.Run(look, CancellationToken.None).WaitAsync(services.Options.StorageTimeout, services.Time, cancellationToken);
        }
        catch (TimeoutException silence)
        {
            throw new VmException(
                VmErrorReason.StorageSilent, $"The VM's files could not be looked at within {services.Options.StorageTimeout.TotalSeconds:0} s; see whether their file system answers.", silence);
        }
        catch (IOException missing)
        {
            throw new VmException(VmErrorReason.SavedStateUnusable, $"The guest's disks are not as it left them: {missing.Message}. {Remedy}", missing);
        }
    }
}
