using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>A picture of a VM's display.</summary>
/// <param name="Image">The picture as PNG.</param>
/// <param name="Time">When it was taken.</param>
public sealed record Screenshot(byte[] Image, DateTimeOffset Time)
{
    /// <summary>Has QEMU write one to a file of the agent's, which QEMU is handed open, reads it and removes it.</summary>
    internal static async Task<Screenshot> TakeAsync(QemuMonitor monitor, RunDirectory directory, TimeProvider time, CancellationToken cancellationToken)
    {
        var path = Path.Combine(directory.Path, $"screen-{Guid.NewGuid():N}.png");
        try
        {
            // Write-only, because QEMU takes only a descriptor that is open in just the way that it wants.
            using var picture = AppendFile.Open(path);
            var handed = await monitor.ExecuteAsync(QmpCommands.AddFd, new AddFdArguments(), picture, cancellationToken);
            try
            {
                await monitor.ExecuteAsync(QmpCommands.Screendump, new ScreendumpArguments($"/dev/fdset/{handed.FdsetId}"), cancellationToken);
            }
            finally
            {
                await TakeBackAsync(monitor, handed.FdsetId);
            }

            return new Screenshot(await File.ReadAllBytesAsync(path, cancellationToken), time.GetUtcNow());
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task TakeBackAsync(QemuMonitor monitor, int set)
    {
        try
        {
            await monitor.ExecuteAsync(QmpCommands.RemoveFd, new RemoveFdArguments(set), CancellationToken.None);
        }
        catch (QmpException)
        {
            // What went wrong before tells more; QEMU closes the set at the latest when it ends.
        }
    }
}
