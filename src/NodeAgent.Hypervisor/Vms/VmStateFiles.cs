namespace NodeAgent.Hypervisor.Vms;

/// <summary>What a VM keeps beside the ledger: its console history.</summary>
internal static class VmStateFiles
{
    /// <summary>Removes a VM's state directory; what cannot be removed now is only clutter.</summary>
    public static void Remove(string directory)
    {
        try
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }
        catch (Exception clutter) when (clutter is IOException or UnauthorizedAccessException)
        {
            // The ledger no longer knows the VM, so nobody reads it again.
        }
    }
}
