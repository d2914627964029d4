namespace NodeAgent.Hypervisor.Host;

/// <summary>Something about the node that an operator or a scheduler should know.</summary>
/// <param name="Type">What it is about, see <see cref="NodeConditionType"/>.</param>
/// <param name="Status">Whether it is so.</param>
/// <param name="Reason">Why, a word of <see cref="NodeConditionReason"/>, for programs.</param>
/// <param name="Message">Why, in words.</param>
/// <param name="Remedy">What to do about it; empty when there is nothing to be done.</param>
public sealed record NodeCondition(
    string Type, ConditionStatus Status, string Reason, string Message, string Remedy)
{
    /// <summary>How much it asks of the operator.</summary>
    public ConditionSeverity Severity => (Type, Status) switch
    {
        (_, ConditionStatus.True) => ConditionSeverity.Info,
        (NodeConditionType.KvmReady, _) => ConditionSeverity.Error,
        (NodeConditionType.MachineIdentified, _) => ConditionSeverity.Warning,
        _ => ConditionSeverity.Info,
    };
}
