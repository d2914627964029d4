using System.Runtime.InteropServices;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Saves;

/// <summary>Moves a machine's state between a QEMU and a file: a migration whose other end is a descriptor.</summary>
internal sealed class StateTransfer(QemuMonitor monitor, TimeProvider time)
{
    private const string DescriptorName = "nodeagent-state";

    // QEMU's default is 128 MiB/s, meant for networks.
    private const long AsFastAsItGoes = 1L << 50;

    private static readonly TimeSpan Glance = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CancelPatience = TimeSpan.FromSeconds(5);

    // Since 8.2 QEMU tells files from sockets, and will one day refuse a file where it expects a socket.
    private bool TakesFiles => monitor.Version.Qemu is { Major: > 8 } or { Major: 8, Minor: >= 2 };

    /// <summary>Writes the state of a machine that stands still. QEMU has let go of its disks when this returns.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="onProgress">Told how far it is, about once a second; what it throws ends the wait.</param>
    /// <param name="cancellationToken">Ends the wait; <see cref="BreakOffAsync"/> is the caller's.</param>
    /// <exception cref="IOException">QEMU could not write it.</exception>
    /// <exception cref="QmpException">QEMU refused, or is gone.</exception>
    public async Task SaveAsync(SafeHandle file, Action<MigrationProgress> onProgress, CancellationToken cancellationToken)
    {
        await monitor.ExecuteAsync(QmpCommands.MigrateSetParameters, new MigrationParameters(AsFastAsItGoes), cancellationToken);
        await BeginAsync(QmpCommands.Migrate, file, cancellationToken);
        await EndAsync(onProgress, cancellationToken);
    }

    /// <summary>Loads a state into a QEMU that waits for one, or waits for a load that goes on there already.</summary>
    /// <exception cref="IOException">QEMU could not load it.</exception>
    /// <exception cref="QmpException">QEMU refused, or is gone: it leaves when what it loads does not fit.</exception>
    public async Task LoadAsync(SafeHandle file, CancellationToken cancellationToken)
    {
        var now = await monitor.ExecuteAsync(QmpCommands.QueryMigrate, cancellationToken);
        if (now.Status is null or MigrationStatus.None)
        {
            await BeginAsync(QmpCommands.MigrateIncoming, file, cancellationToken);
        }

        await EndAsync(_ => { }, cancellationToken);
    }

    /// <summary>Ends a save that is under way and waits, not for long, until QEMU has; no error where there is none.</summary>
    /// <exception cref="QmpException">QEMU is gone, or does not answer.</exception>
    public async Task BreakOffAsync()
    {
        using var limit = new CancellationTokenSource(CancelPatience, time);
        await monitor.ExecuteAsync(QmpCommands.MigrateCancel, limit.Token);
        try
        {
            await EndAsync(_ => { }, limit.Token, orNone: true);
        }
        catch (IOException)
        {
            // Broken off, which is what was wanted.
        }
    }

    private async Task BeginAsync(QmpCommand<MigrationUri, QmpEmpty> command, SafeHandle file, CancellationToken cancellationToken)
    {
        await monitor.ExecuteAsync(
            QmpCommands.MigrateSetCapabilities, new MigrationCapabilities([new MigrationCapability("events", true)]), cancellationToken);
        if (!TakesFiles)
        {
            var name = new NamedDescriptorArguments(DescriptorName);
            await monitor.ExecuteAsync(QmpCommands.GetFd, name, file, cancellationToken);
            await TryAsync($"fd:{DescriptorName}", () => monitor.ExecuteAsync(QmpCommands.CloseFd, name, cancellationToken));
            return;
        }

        var handed = await monitor.ExecuteAsync(QmpCommands.AddFd, new AddFdArguments(), file, cancellationToken);
        await TryAsync($"file:/dev/fdset/{handed.FdsetId}", TakeBackAsync);
        await TakeBackAsync();

        Task TakeBackAsync() => monitor.ExecuteAsync(QmpCommands.RemoveFd, new RemoveFdArguments(handed.FdsetId), cancellationToken);

        async Task TryAsync(string uri, Func<Task> takeBack)
        {
            try
            {
                await monitor.ExecuteAsync(command, new MigrationUri(uri), cancellationToken);
            }
            catch (QmpException refusal) when (refusal.Error is QmpError.CommandFailed)
            {
                await takeBack();
                throw;
            }
        }
    }

    private async Task EndAsync(Action<MigrationProgress> onProgress, CancellationToken cancellationToken, bool orNone = false)
    {
        while (true)
        {
            var news = monitor.Migration.Next;
            var now = await AskAsync(cancellationToken);
            switch (now?.Status)
            {
                case MigrationStatus.Completed:
                case null or MigrationStatus.None when orNone && now is not null:
                    return;
                case MigrationStatus.Failed or MigrationStatus.Cancelled:
                    throw new IOException(now.ErrorDesc ?? "QEMU does not say why; see its last words.");
            }

            if (now?.Ram is { } progress)
            {
                onProgress(progress);
            }

            // The end is told; the wait in between is for the sake of progress.
            await Task.WhenAny(news, Task.Delay(Glance, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    // A QEMU that waits for its disk answers late, and is asked again.
    private async Task<MigrationInfo?> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await monitor.ExecuteAsync(QmpCommands.QueryMigrate, cancellationToken);
        }
        catch (QmpException silence) when (silence.Error is QmpError.TimedOut)
        {
            return null;
        }
    }
}
