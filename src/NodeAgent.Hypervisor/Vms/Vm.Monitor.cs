using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Vms;

/// <content>The line to QEMU: lost, silent, there again. None of that is the end of a VM.</content>
public sealed partial class Vm
{
    // A monitor's connection also ends when the process does; only one that outlives this is worth a word.
    private static readonly TimeSpan LossPatience = TimeSpan.FromMilliseconds(500);

    private void OnMonitorSaid(MonitorHealth health, string why)
    {
        if (_live is not { } live)
        {
            return;
        }

        switch (health)
        {
            case MonitorHealth.Lost when Has(VmConditionKind.MonitorLost) is false:
                _ = ConfirmLossAsync(live, why);
                break;
            case MonitorHealth.Silent when Has(VmConditionKind.MonitorSilent) is false:
                Note(EventKinds.VmMonitorSilent, $"QEMU's monitor does not answer: {why}. The process lives.", EventSeverity.Warning);
                Raise(VmConditionKind.MonitorSilent, why);
                break;
            case MonitorHealth.Answering when Has(VmConditionKind.MonitorSilent):
                Note(EventKinds.VmMonitorRestored, "QEMU's monitor answers again.");
                Clear(VmConditionKind.MonitorSilent);
                break;
            case MonitorHealth.Restored:
                if (Has(VmConditionKind.MonitorLost))
                {
                    Note(EventKinds.VmMonitorRestored, "QEMU's monitor is connected again.");
                    Clear(VmConditionKind.MonitorLost);
                }

                _ = ResyncAsync(live);
                break;
        }
    }

    private async Task ConfirmLossAsync(LiveQemu live, string why)
    {
        if (await Task.WhenAny(live.Process.Exited, Task.Delay(LossPatience, _services.Time)) != live.Process.Exited)
        {
            _mailbox.Post(VmLane.Seen, new VmMessage.LossConfirmed(live, why));
        }
    }

    private void OnLossConfirmed(string why)
    {
        Note(EventKinds.VmMonitorLost, $"QEMU's monitor is lost: {why}. The process lives.", EventSeverity.Warning);
        Raise(VmConditionKind.MonitorLost, why);
    }

    private async Task ResyncAsync(LiveQemu live)
    {
        try
        {
            var status = await live.Monitor!.ExecuteAsync(QmpCommands.QueryStatus, CancellationToken.None);
            _mailbox.Post(VmLane.Seen, new VmMessage.Resynced(live, Resync.From(status)));
        }
        catch (QmpException)
        {
            // Silent or lost once more: that is a message of its own, and a resync follows it again.
        }
    }
}
