using System.Diagnostics;

namespace NodeAgent.Tests.Hypervisor.Ledger;

/// <summary>A file system of its own with little room, and a file that takes all that is left of it.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryDirectory _mountPoint = new();

    /// <param name="kibibytes">Room for content.</param>
    /// <param name="inodes">Room for files, directories and sockets, the root directory included; 0 is no limit.</param>
    public SmallDisk(int kibibytes = 4096, int inodes = 0)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting a small file system needs root");
        Assert.SkipUnless(
            Run("mount", "-t", "tmpfs", "-o", $"size={kibibytes}k,nr_inodes={inodes}", "nodeagent-test", Path),
            "this machine does not let a small file system be mounted");
    }

    public string Path => _mountPoint.Path;

    private string Ballast => System.IO.Path.Combine(Path, "ballast");

    public void Fill()
    {
        using FileStream file = new(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4_096];
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Free() => File.Delete(Ballast);

    /// <summary>Makes room for so many files.</summary>
    public void Resize(int inodes) => Run("mount", "-o", $"remount,nr_inodes={inodes}", Path).ShouldBeTrue();

    public void Dispose()
    {
        Run("umount", Path);
        _mountPoint.Dispose();
    }

    private static bool Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit(TimeSpan.FromSeconds(10));
        return process.HasExited && process.ExitCode == 0;
    }
}
