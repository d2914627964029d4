using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>A picture of a VM's display.</summary>
/// <param name="Image">The picture as PNG.</param>
/// <param name="Time">When it was taken.</param>
public sealed record Screenshot(byte[] Image, DateTimeOffset Time)
{
    /// <summary>Has QEMU write one into the VM's run directory, reads it and removes it.</summary>
    internal static async Task<Screenshot> TakeAsync(QemuMonitor monitor, RunDirectory directory, TimeProvider time, CancellationToken cancellationToken)
    {
        var path = System.IO.Path.Combine(directory.Path, $"screen-{Guid.NewGuid():N}.png");
        try
        {
            await monitor.ExecuteAsync(QmpCommands.Screendump, new ScreendumpArguments(path), cancellationToken);
            return new Screenshot(await File.ReadAllBytesAsync(path, cancellationToken), time.GetUtcNow());
        }
        finally
        {
            File.Delete(path);
        }
    }
}
