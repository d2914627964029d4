namespace NodeAgent.Hypervisor.Devices;

/// <summary>The files of a kernel that QEMU loads itself, found and checked.</summary>
/// <param name="KernelPath">The real path of the kernel.</param>
/// <param name="InitrdPath">The real path of its RAM disk, or <c>null</c>.</param>
/// <param name="Cmdline">Its command line, or <c>null</c>.</param>
public sealed record KernelImage(string KernelPath, string? InitrdPath, string? Cmdline)
{
    /// <summary>
    /// These options take one text as it is: nothing in them is special, except in the RAM disk's path, where a comma
    /// and a blank are (validation refuses both).
    /// </summary>
    internal void AddTo(ArgumentList arguments)
    {
        arguments.Option("-kernel", KernelPath);
        if (InitrdPath is not null)
        {
            arguments.Option("-initrd", InitrdPath);
        }

        if (!string.IsNullOrEmpty(Cmdline))
        {
            arguments.Option("-append", Cmdline);
        }
    }
}
