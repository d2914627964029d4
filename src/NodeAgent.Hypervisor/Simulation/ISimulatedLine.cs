namespace NodeAgent.Hypervisor.Simulation;

/// <summary>A simulated guest's end of one of the sockets that a QEMU would hold.</summary>
internal interface ISimulatedLine
{
    /// <summary>Serves it until it is closed; never fails.</summary>
    Task ServeAsync();

    /// <summary>Something happened: an event of QMP, as JSON.</summary>
    void Tell(string happened);

    /// <summary>Closes it, as a process that ends does.</summary>
    void Close();
}
