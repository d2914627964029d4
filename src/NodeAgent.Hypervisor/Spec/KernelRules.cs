using System.Diagnostics.CodeAnalysis;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Spec;

/// <summary>A kernel that QEMU loads itself.</summary>
internal static class KernelRules
{
    /// <summary>The kernel's field in the contract.</summary>
    public const string KernelField = "spec.kernel.kernel_path";

    /// <summary>The RAM disk's field in the contract.</summary>
    public const string InitrdField = "spec.kernel.initrd_path";

    // COMMAND_LINE_SIZE of Linux on x86, less the final zero.
    private const int MaxCmdline = 2047;

    public static void Check(DirectKernel kernel, ImageRoots roots, ViolationList violations)
    {
        if (!TryFindKernel(kernel.KernelPath, roots, out _, out var problem))
        {
            violations.Add(KernelField, problem);
        }

        if (kernel.InitrdPath is { } initrd && !TryFindInitrd(initrd, roots, out _, out problem))
        {
            violations.Add(InitrdField, problem);
        }

        if (kernel.Cmdline is { } cmdline)
        {
            violations.Unless(
                SpecText.IsPlain(cmdline) && SpecText.ByteCount(cmdline) <= MaxCmdline,
                "spec.kernel.cmdline",
                $"must be at most {MaxCmdline} bytes without control characters; shorten it or replace line breaks by blanks");
        }
    }

    /// <summary>Finds the kernel's real path.</summary>
    public static bool TryFindKernel(
        string path, ImageRoots roots, [NotNullWhen(true)] out string? realPath, [NotNullWhen(false)] out string? problem)
    {
        realPath = null;
        if (!roots.TryOpen(path, out var file, out problem))
        {
            return false;
        }

        using (file)
        {
            realPath = file.RealPath;
            problem = file.Kind == FileKind.Regular
                ? null
                : $"{SpecText.Quote(path)} is a block device; a kernel and its RAM disk are regular files";
            return problem is null;
        }
    }

    /// <summary>
    /// Finds the RAM disk's real path. With a multiboot kernel QEMU reads its -initrd as a list of modules: a comma begins
    /// the next file, a blank ends the file's name. Whether the kernel is one is for QEMU to find out, so neither may be
    /// in the path that it gets.
    /// </summary>
    public static bool TryFindInitrd(
        string path, ImageRoots roots, [NotNullWhen(true)] out string? realPath, [NotNullWhen(false)] out string? problem)
    {
        if (!TryFindKernel(path, roots, out realPath, out problem))
        {
            return false;
        }

        problem = realPath.AsSpan().IndexOfAny(',', ' ') < 0
            ? null
            : $"{SpecText.Quote(realPath)} has a comma or a blank, which QEMU takes for the end of the file's name; rename the file";
        return problem is null;
    }
}
