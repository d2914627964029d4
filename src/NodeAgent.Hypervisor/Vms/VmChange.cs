namespace NodeAgent.Hypervisor.Vms;

/// <summary>What the feed tells.</summary>
public abstract record VmChange
{
    private VmChange()
    {
    }

    /// <summary>A VM as it is now.</summary>
    /// <param name="Snapshot">All that is published of it.</param>
    public sealed record Changed(VmSnapshot Snapshot) : VmChange;

    /// <summary>A VM that is no more.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="Name">Its name.</param>
    public sealed record Deleted(Guid Id, string Name) : VmChange;

    /// <summary>All VMs that there are have been told.</summary>
    public sealed record Synced : VmChange
    {
        /// <summary>The only one.</summary>
        public static Synced Instance { get; } = new();
    }
}
