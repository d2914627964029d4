using System.Diagnostics;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Storage;

namespace NodeAgent.Tests.Hypervisor.Storage;

public sealed class BlockDeviceTests
{
    [Fact]
    public async Task Block_device_is_told_apart_and_measured()
    {
        using var home = new TemporaryDirectory();
        var file = Path.Combine(home.Path, "file");
        await File.WriteAllBytesAsync(file, new byte[3 << 20], TestContext.Current.CancellationToken);
        var device = await LosetupAsync("--find", "--show", file);
        Assert.SkipWhen(device.Length == 0, "no loop device can be made here");
        try
        {
            var link = Path.Combine(home.Path, "lv");
            File.CreateSymbolicLink(link, device);
            new ImageInspector(new ImageRoots([home.Path, "/dev"])).TryInspect(link, DiskFormat.Raw, false, out var image, out var problem).ShouldBeTrue(problem);
            image.ShouldBe(new ImageLayer { Path = device, Format = DiskFormat.Raw, IsBlockDevice = true, VirtualSize = 3 << 20 });

            new ImageInspector(new ImageRoots([home.Path])).TryInspect(link, DiskFormat.Raw, false, out _, out problem).ShouldBeFalse();
            problem.ShouldContain("not under an image root");
        }
        finally
        {
            await LosetupAsync("--detach", device);
        }
    }

    private static async Task<string> LosetupAsync(params string[] arguments)
    {
        const string Binary = "/usr/sbin/losetup";
        Assert.SkipUnless(File.Exists(Binary), $"{Binary} is not installed");
        using var process = Process.Start(new ProcessStartInfo(Binary, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode == 0 ? output.Trim() : "";
    }
}
