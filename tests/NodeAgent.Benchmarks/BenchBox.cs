using System.Diagnostics;
using NodeAgent.FunctionalTests;
using NodeAgent.FunctionalTests.Boxes;
using NodeAgent.V1;

namespace NodeAgent.Benchmarks;

/// <summary>The package installed on a host with systemd, in a container: there VMs run in units of their own.</summary>
internal sealed class BenchBox : BenchClient, IAsyncDisposable
{
    private readonly BoxKeeper _keeper;

    private BenchBox(BoxKeeper keeper) => _keeper = keeper;

    /// <summary>Boots it, and installs what <c>make packages</c> has built.</summary>
    public static async Task<BenchBox> StartAsync()
    {
        var box = new BenchBox(await BoxKeeper.StartAsync($"bench-{Environment.ProcessId}", BoxMachine.RootFileSystem));
        try
        {
            await box._keeper.BootAsync(TimeSpan.FromSeconds(60));
            var package = Directory.GetFiles(Path.Combine(Artifacts.Tree, "artifacts/packages"), "nodeagent_*_amd64.deb").Single();
            File.Copy(package, Path.Combine(box._keeper.Disk, "root/nodeagent.deb"));
            await box.RunAsync("apt-get install --yes --quiet /root/nodeagent.deb && systemctl enable --now nodeagentd");
            box.Connect($"/proc/{box._keeper.Leader}/root/run/nodeagent/api.sock");
            await box.Vms.ListVmsAsync(new ListVmsRequest { PageSize = 1 });
            return box;
        }
        catch
        {
            await box._keeper.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Disconnect();
        await _keeper.DisposeAsync();
    }

    private async Task RunAsync(string shell)
    {
        using var process = Process.Start(new ProcessStartInfo("nsenter",
        [
            $"--target={_keeper.Leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--",
            "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8", "timeout", "80", "/bin/sh", "-c", shell,
        ])
        {
            RedirectStandardOutput = true,
        })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{shell}' failed in the box: {said}");
        }
    }
}
