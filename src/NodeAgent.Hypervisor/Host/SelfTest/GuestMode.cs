namespace NodeAgent.Hypervisor.Host.SelfTest;

/// <summary>The processor mode of a guest's kernel.</summary>
public enum GuestMode
{
    /// <summary>16-bit real mode: what firmware starts in.</summary>
    Real16,

    /// <summary>32-bit protected mode: what loaders hand over in. The guest's kernel work turns paging on.</summary>
    Protected32,

    /// <summary>64-bit long mode: what every current kernel runs in.</summary>
    Long64,
}
