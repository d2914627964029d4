namespace NodeAgent.Hypervisor.Spec;

/// <summary>A kernel that QEMU loads itself.</summary>
internal static class KernelRules
{
    // COMMAND_LINE_SIZE of Linux on x86, less the final zero.
    private const int MaxCmdline = 2047;

    public static void Check(DirectKernel kernel, ImageRoots roots, ViolationList violations)
    {
        CheckFile(kernel.KernelPath, "spec.kernel.kernel_path", roots, violations);
        if (kernel.InitrdPath is { } initrd)
        {
            CheckFile(initrd, "spec.kernel.initrd_path", roots, violations);
        }

        if (kernel.Cmdline is { } cmdline)
        {
            violations.Unless(
                SpecText.IsPlain(cmdline) && SpecText.ByteCount(cmdline) <= MaxCmdline,
                "spec.kernel.cmdline",
                $"must be at most {MaxCmdline} bytes without control characters; shorten it or replace line breaks by blanks");
        }
    }

    /// <summary>
    /// With a multiboot kernel QEMU reads its -initrd as a list of modules: a comma begins the next file, a blank ends
    /// the file's name. Neither can be told from the spec alone, so neither may be in the path that QEMU gets.
    /// </summary>
    public static string? ModuleListProblem(string realPath) =>
        realPath.AsSpan().IndexOfAny(',', ' ') < 0
            ? null
            : $"{SpecText.Quote(realPath)} has a comma or a blank, which QEMU takes for the end of the file's name; rename the file";

    private static void CheckFile(string path, string field, ImageRoots roots, ViolationList violations)
    {
        if (!roots.TryOpen(path, out var file, out var problem))
        {
            violations.Add(field, problem);
            return;
        }

        using (file)
        {
            if (file.Kind != Bindings.Linux.FileKind.Regular)
            {
                violations.Add(field, $"{SpecText.Quote(path)} is a block device; a kernel and its RAM disk are regular files");
            }
            else if (field.EndsWith("initrd_path", StringComparison.Ordinal) && ModuleListProblem(file.RealPath) is { } listProblem)
            {
                violations.Add(field, listProblem);
            }
        }
    }
}
