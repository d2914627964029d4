using System.Diagnostics;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Storage;

namespace NodeAgent.Tests.Hypervisor.Qemu;

/// <summary>Makes the files that a golden case names, elsewhere than under /golden.</summary>
internal static class GoldenFiles
{
    public const string Greeting = "NodeAgent test kernel";

    public static async Task MakeAsync(GoldenCase golden, string root)
    {
        foreach (var disk in golden.Disks)
        {
            await MakeAsync(disk.Image, root);
        }

        if (golden.Kernel is { } kernel)
        {
            await File.WriteAllBytesAsync(Under(root, kernel.KernelPath), TestKernel.Multiboot(Greeting));
            await File.WriteAllBytesAsync(Under(root, kernel.InitrdPath!), new byte[512]);
        }
    }

    private static async Task MakeAsync(ImageLayer layer, string root)
    {
        var path = Under(root, layer.Path);
        if (layer.Backing is { } backing)
        {
            await MakeAsync(backing, root);
        }

        if (layer.Format == DiskFormat.Raw)
        {
            await File.WriteAllBytesAsync(path, new byte[1 << 20]);
            return;
        }

        string[] options = layer.DataFile is { } data ? ["-o", $"data_file={Under(root, data.Path)}"] : [];
        string[] based = layer.Backing is { } below
            ? ["-b", Path.GetFileName(below.Path), "-F", below.Format == DiskFormat.Raw ? "raw" : "qcow2"]
            : [];
        await QemuImgAsync(["create", "-q", "-f", "qcow2", .. options, .. based, path, "1M"]);
    }

    /// <summary>Runs qemu-img; the test is skipped where there is none.</summary>
    public static async Task QemuImgAsync(IEnumerable<string> arguments)
    {
        const string Binary = "/usr/bin/qemu-img";
        Assert.SkipUnless(File.Exists(Binary), $"{Binary} is not installed");
        using var process = Process.Start(new ProcessStartInfo(Binary, arguments) { RedirectStandardError = true })!;
        var complaint = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0, complaint);
    }

    private static string Under(string root, string path) => root + path[GoldenCase.Root.Length..];
}
