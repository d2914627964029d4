namespace NodeAgent.Hypervisor.Host;

/// <summary>How much a condition asks of the operator.</summary>
public enum ConditionSeverity
{
    /// <summary>Nothing: good to know.</summary>
    Info,

    /// <summary>The node works, with less than it should have.</summary>
    Warning,

    /// <summary>The node cannot do what it is for.</summary>
    Error,
}
