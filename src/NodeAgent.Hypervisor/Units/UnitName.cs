namespace NodeAgent.Hypervisor.Units;

/// <summary>
/// What a VM's unit is called: readable by the VM's name, and no other's by the id of the run. The next run has another
/// one, because systemd and machined may still be busy with the one before.
/// </summary>
internal static class UnitName
{
    /// <summary>The service, for instance <c>nodeagent-vm-web-1f0c5a2b.service</c>.</summary>
    public static string Service(string name, Guid runId) => $"nodeagent-vm-{name}-{Short(runId)}.service";

    /// <summary>
    /// The service that a process runs in; <c>null</c> when it is none of a VM. A VM may be called otherwise by now, and
    /// its unit may not.
    /// </summary>
    public static string? Find(int pid)
    {
        try
        {
            return File.ReadLines($"/proc/{pid}/cgroup")
                .SelectMany(line => line.Split('/'))
                .FirstOrDefault(part => part.StartsWith("nodeagent-vm-", StringComparison.Ordinal) && part.EndsWith(".service", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The user, for instance <c>nodeagent-vm-1f0c5a2b</c>; at most 31 characters.</summary>
    public static string User(Guid runId) => $"nodeagent-vm-{Short(runId)}";

    /// <summary>The machine where another one has the VM's own name already.</summary>
    public static string Machine(string name, Guid id) => $"{name}-{Short(id)}";

    private static string Short(Guid id) => id.ToString("N")[..8];
}
