namespace NodeAgent.Bindings.Qmp;

/// <summary>The way a command takes through QEMU (QMP specification, "Out-of-band execution").</summary>
public enum QmpLane
{
    /// <summary>Commands run one after the other, in the order they were sent, in QEMU's main loop.</summary>
    InBand,

    /// <summary>
    /// The command overtakes the in-band ones and runs even while QEMU's main loop is stuck. Only few commands allow it
    /// (<c>allow-oob</c> in <c>query-qmp-schema</c>): <c>query-yank</c>, by which a silent QEMU tells whether it lives,
    /// and those that cut what it hangs on, <c>yank</c> for a connection of a disk or a migration, <c>migrate-pause</c>
    /// and <c>migrate-recover</c>.
    /// </summary>
    OutOfBand,
}
