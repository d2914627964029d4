namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>
/// The commands we use, with the types of their arguments and results. A new one is a property in the group it belongs
/// to, a line in <see cref="CommandJson"/> for each new type, and the records. Only what we read is declared of a
/// result: QEMU says more, and the rest is skipped. Each is made when it is first used.
/// </summary>
public static partial class QmpCommands
{
    private static CommandJson Json => CommandJson.Default;
}
