namespace NodeAgent.Hypervisor.Vms;

/// <summary>A VM's own files.</summary>
internal static class VmFiles
{
    /// <summary>Removes a VM's state directory; what cannot be removed now is only clutter.</summary>
    public static void RemoveState(string directory)
    {
        try
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }
        catch (IOException)
        {
            // The ledger no longer knows the VM, so nobody reads it again.
        }
    }
}
