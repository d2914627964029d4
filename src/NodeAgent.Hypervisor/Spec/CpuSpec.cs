namespace NodeAgent.Hypervisor.Spec;

/// <summary>The guest's processors.</summary>
public sealed record CpuSpec
{
    /// <summary>Virtual CPUs: 1 to 1024, and no more than machine and accelerator allow.</summary>
    public required int Vcpus { get; init; }

    /// <summary>How they are arranged; <c>null</c> for one socket with as many cores.</summary>
    public CpuTopology? Topology { get; init; }

    /// <summary>A model of QEMU's list, "host" or "max"; <c>null</c> to choose at start.</summary>
    public string? Model { get; init; }
}

/// <summary>Arrangement of virtual CPUs; the product is their number.</summary>
/// <param name="Sockets">Sockets, 1 or more.</param>
/// <param name="Dies">Dies in a socket, 1 or more.</param>
/// <param name="Cores">Cores in a die, 1 or more.</param>
/// <param name="Threads">Threads in a core, 1 or more.</param>
public sealed record CpuTopology(int Sockets, int Dies, int Cores, int Threads)
{
    /// <summary>How many virtual CPUs that makes.</summary>
    public long Product => (long)Sockets * Dies * Cores * Threads;
}
