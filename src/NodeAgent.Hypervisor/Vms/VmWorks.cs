using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// The steps of everything that is done to a QEMU that runs. Each method does its work and returns; what became of the
/// VM is seen by its loop, through QEMU's events and the end of the process.
/// </summary>
internal sealed class VmWorks(VmOptions options, TimeProvider time)
{
    /// <summary>Presses the power button until the guest ends, and then lets QEMU go.</summary>
    /// <param name="live">The QEMU.</param>
    /// <param name="job">The work.</param>
    /// <param name="policy">How long the guest may take, and what comes then.</param>
    /// <param name="onForce">Told before the process is killed, because nothing else says afterwards who did it.</param>
    /// <returns>False when the guest did not end in time; it runs on.</returns>
    public async Task<bool> ShutdownAsync(LiveQemu live, VmJob job, ShutdownPolicy policy, Func<Task> onForce)
    {
        if (await PowerDownAsync(live, job, policy.Timeout))
        {
            await ClearAwayAsync(live, job.Preempted.Token);
            return true;
        }

        if (policy.Fallback is ShutdownFallback.ForceStop)
        {
            job.Operation?.Report("force-stop", 90);
            await onForce();
            job.HasKilled = true;
            await KillAsync(live);
            return true;
        }

        return false;
    }

    /// <summary>Presses the power button, and resets the guest once it has ended: a reboot in the same process.</summary>
    /// <returns>False when the guest did not end in time; it runs on.</returns>
    public async Task<bool> RebootAsync(LiveQemu live, VmJob job, TimeSpan timeout)
    {
        if (!await PowerDownAsync(live, job, timeout))
        {
            return false;
        }

        job.Operation?.Report("reset", 80);
        await ResetAsync(live, resume: true, job.Preempted.Token);
        return true;
    }

    /// <summary>Presses the reset button.</summary>
    public static async Task ResetAsync(LiveQemu live, bool resume, CancellationToken cancellationToken)
    {
        var monitor = Required(live);
        await monitor.ExecuteAsync(QmpCommands.SystemReset, cancellationToken);
        if (resume)
        {
            await monitor.ExecuteAsync(QmpCommands.Cont, cancellationToken);
        }
    }

    /// <summary>Asks QEMU to flush and leave, and waits until it has.</summary>
    /// <exception cref="VmException">It did not leave in time.</exception>
    public async Task QuitAsync(LiveQemu live, CancellationToken cancellationToken)
    {
        await AskToLeaveAsync(live, cancellationToken);
        try
        {
            await live.Process.Exited.WaitAsync(options.QuitTimeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new VmException(VmErrorReason.QemuSilent, $"QEMU did not leave within {options.QuitTimeout.TotalSeconds:0} s; stop the VM with force.");
        }
    }

    /// <summary>Lets the QEMU of a guest that has ended go, with time to flush its disks.</summary>
    public async Task ClearAwayAsync(LiveQemu live, CancellationToken cancellationToken)
    {
        try
        {
            await AskToLeaveAsync(live, cancellationToken);
            await live.Process.Exited.WaitAsync(options.ClearAwayTimeout, time, cancellationToken);
        }
        catch (Exception error) when (error is TimeoutException or QmpException)
        {
            await KillAsync(live);
        }
    }

    /// <summary>Kills the process and waits until it has ended, however long the kernel takes.</summary>
    public static async Task KillAsync(LiveQemu live)
    {
        live.Process.Kill();
        await live.Process.Exited;
    }

    private async Task<bool> PowerDownAsync(LiveQemu live, VmJob job, TimeSpan timeout)
    {
        // A guest that is still booting misses the button: it is pressed again, seldom enough to annoy nobody.
        const int Presses = 4;
        var monitor = Required(live);
        for (var press = 0; press < Presses; press++)
        {
            job.Operation?.Report("wait-guest", 10 + (press * 60 / Presses));
            await monitor.ExecuteAsync(QmpCommands.SystemPowerdown, job.Preempted.Token);
            try
            {
                await job.GuestEnded.Task.WaitAsync(timeout / Presses, time, job.Preempted.Token);
                return true;
            }
            catch (TimeoutException)
            {
                continue;
            }
        }

        return false;
    }

    private static async Task AskToLeaveAsync(LiveQemu live, CancellationToken cancellationToken)
    {
        try
        {
            await Required(live).ExecuteAsync(QmpCommands.Quit, cancellationToken);
        }
        catch (QmpException ended) when (ended.Error is QmpError.Closed && live.Process.Exited.IsCompleted)
        {
            // QEMU may leave before it answers.
        }
        catch (QmpException ended) when (ended.Error is QmpError.Closed && ended.MayHaveRun)
        {
            // The connection ends a moment before the process does; the caller waits for that.
        }
    }

    private static Qemu.QemuMonitor Required(LiveQemu live) =>
        live.Monitor ?? throw new VmException(VmErrorReason.QemuSilent, "QEMU's monitor is not connected.");
}
