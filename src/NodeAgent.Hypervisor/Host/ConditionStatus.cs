namespace NodeAgent.Hypervisor.Host;

/// <summary>Whether what a condition's type says is so.</summary>
public enum ConditionStatus
{
    /// <summary>It could not be found out.</summary>
    Unknown,

    /// <summary>It is so.</summary>
    True,

    /// <summary>It is not so.</summary>
    False,
}
