using System.Net.Sockets;
using System.Runtime.InteropServices;
using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Consoles;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// The start of a VM as a straight line, each step with its undo: plan → directory → files → sockets → spawn → connect →
/// resume; with a saved state there is a load before the resume. Whatever fails, and wherever it is cancelled, nothing of
/// it stays.
/// </summary>
internal sealed class VmStart(VmServices services, VmDefinition definition, VmConsole console, MonitorListener listener)
{
    /// <summary>The step that loads a saved state.</summary>
    public const string LoadStep = "load";

    private readonly RunDirectory _directory = new(services.Options.RunDirectory, definition.Id);
    private readonly UndoStack _undo = new();
    private string _step = "plan";

    /// <summary>Told the name of each step as it begins.</summary>
    public required Action<string> OnStep { get; init; }

    /// <summary>Told the process as soon as there is one, so that a force-stop need not wait for the steps.</summary>
    public required Action<QemuProcess> OnSpawned { get; init; }

    /// <summary>How to go on from a saved state; <c>null</c> to boot.</summary>
    public VmRestore? Restore { get; init; }

    /// <summary>Makes it durable that a saved state is used up by this run, before the guest goes on from it.</summary>
    public Func<VmRun, Task> OnLoaded { get; init; } = _ => Task.CompletedTask;

    /// <summary>Starts it.</summary>
    /// <exception cref="VmStartException">A step failed; all is undone.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; all is undone.</exception>
    public async Task<LiveQemu> RunAsync(Guid runId, bool leavePaused, CancellationToken cancellationToken)
    {
        QemuProcess? process = null;
        try
        {
            var started = services.Time.GetUtcNow();
            Step("plan");
            var boot = Restore is null ? await services.Planner.PlanAsync(definition, _directory, cancellationToken) : await Restore.PlanAsync(cancellationToken);

            Step("directory");
            _undo.Push(_directory.Remove);
            _directory.Create();

            Step("files");
            using var files = await OpenFilesAsync(boot, cancellationToken);
            await (Restore?.CheckDisksAsync(cancellationToken) ?? Task.CompletedTask);

            Step("sockets");
            using var channels = StartChannels.Open(_directory, withConsole: definition.Spec.Console is not null);
            _undo.Push(channels.DisposeOurEnds);

            Step("spawn");
            process = await SpawnAsync(runId, boot, channels, files, cancellationToken);
            channels.CloseListeners();
            if (channels.Console is { } consoleSocket)
            {
                _undo.Push(console.DetachAsync);
                console.History.Limit(definition.Spec.Console!.HistoryBytes);
                console.Attach(consoleSocket);
            }

            Step("connect");
            var monitor = await QemuMonitor.OpenAsync(
                channels.Monitor, _directory, services.Options.Monitor, listener, services.Time, services.Logger, cancellationToken);
            _undo.Push(() => monitor.DisposeAsync().AsTask());

            var run = new VmRun { Id = runId, Process = process.Identity, StartTime = started, Boot = boot, Spec = definition.Spec };
            if (Restore is not null)
            {
                Step(LoadStep);
                await Restore.LoadAsync(monitor, cancellationToken);
                Step("record");
                await OnLoaded(run);

                // From here on the state is in this process only; who wants it ended has to stop the VM.
                cancellationToken = CancellationToken.None;
            }

            if (!leavePaused)
            {
                Step("resume");
                await ResumeAsync(monitor, cancellationToken);
            }

            cancellationToken.ThrowIfCancellationRequested();
            return new LiveQemu(run, process, monitor, _directory);
        }
        catch (Exception cause)
        {
            throw await UndoneAsync(cause, process, cancellationToken);
        }
    }

    /// <summary>How far a start is when a step begins, in percent.</summary>
    public static int ProgressAt(string step) => step switch
    {
        "plan" => 0,
        "directory" => 10,
        "files" => 12,
        "sockets" => 15,
        "spawn" => 20,
        "connect" => 40,
        LoadStep => 50,
        "record" => 85,
        _ => 90,
    };

    /// <summary>A failed start in the vocabulary of exits.</summary>
    public static VmExit ExitOf(Exception? failure, DateTimeOffset time) => new()
    {
        Reason = failure is OperationCanceledException ? VmExitReason.KilledByRequest : VmExitReason.StartFailed,
        Message = failure switch
        {
            VmStartException step => $"The start failed at step '{step.Step}': {step.Message}",
            OperationCanceledException => "The start was cancelled.",
            _ => $"The start failed: {failure?.Message}",
        },
        Time = time,
        FailedStep = (failure as VmStartException)?.Step,
        ExitCode = (failure as VmStartException)?.Exit.ExitCode,
        Signal = (failure as VmStartException)?.Exit.Signal,
        LastWords = (failure as VmStartException)?.LastWords ?? "",
    };

    private async Task ResumeAsync(QemuMonitor monitor, CancellationToken cancellationToken)
    {
        try
        {
            await monitor.ExecuteAsync(QmpCommands.Cont, cancellationToken);
        }
        catch (QmpException silence) when (silence.Error is QmpError.TimedOut && Restore is not null)
        {
            // It has been told, and does it once it can. To undo this would be to end the guest: its memory is nowhere else.
        }
    }

    private async Task<HandedFiles> OpenFilesAsync(BootContract boot, CancellationToken cancellationToken)
    {
        // A file system that does not answer holds the thread that asks it, and nobody else.
        var opening = Task.Run(() => HandedFiles.Open(boot.Files), CancellationToken.None);
        try
        {
            return await opening.WaitAsync(services.Options.StorageTimeout, services.Time, cancellationToken);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            _ = CloseLateAsync(opening);
            throw error is TimeoutException
                ? new IOException($"The VM's files could not be opened within {services.Options.StorageTimeout.TotalSeconds:0} s; see whether their file system answers.", error)
                : error;
        }
    }

    private static async Task CloseLateAsync(Task<HandedFiles> opening)
    {
        try
        {
            (await opening).Dispose();
        }
        catch (IOException)
        {
            // Nothing was opened, and the start has failed already.
        }
    }

    private async Task<QemuProcess> SpawnAsync(
        Guid runId, BootContract boot, StartChannels channels, HandedFiles files, CancellationToken cancellationToken)
    {
        var process = await services.Launcher.LaunchAsync(
            new LaunchRequest
            {
                VmId = definition.Id,
                RunId = runId,
                Name = definition.Name,
                Spec = definition.Spec,
                Boot = boot,
                Descriptors = [.. channels.Descriptors, .. files.Descriptors],
                Directory = _directory,
            },
            cancellationToken);
        _undo.Push(async () =>
        {
            process.Kill();
            await process.Exited;
            process.Dispose();
        });
        OnSpawned(process);
        return process;
    }

    private async Task<Exception> UndoneAsync(Exception cause, QemuProcess? process, CancellationToken cancellationToken)
    {
        var exit = process is { Exited.IsCompletedSuccessfully: true } ? await process.Exited : ProcessExit.Unknown;
        if (process is not null && !exit.IsKnown && cause is not OperationCanceledException)
        {
            // A QEMU that refuses its arguments closes its sockets a moment before it ends; its own status says more than ours.
            await Task.WhenAny(process.Exited, Task.Delay(TimeSpan.FromMilliseconds(100), services.Time, CancellationToken.None));
            exit = process.Exited.IsCompletedSuccessfully ? await process.Exited : exit;
        }

        var lastWords = QemuLog.LastWords(_directory.Log);
        foreach (var failure in await _undo.RunAsync())
        {
            VmLog.UndoFailed(services.Logger, definition.Name, failure);
        }

        return cancellationToken.IsCancellationRequested
            ? new OperationCanceledException("the start was cancelled and undone", cause, cancellationToken)
            : new VmStartException(_step, Explain(cause, exit, lastWords) + AboutSaved(), cause) { Exit = exit, LastWords = lastWords };
    }

    // What QEMU said before it left tells more than the connection that broke because of it.
    private static string Explain(Exception cause, ProcessExit exit, string lastWords) => exit switch
    {
        // A slow host tells of the end long after the connection did; what QEMU said before it is there already.
        { IsKnown: false } when cause is QmpException { Error: QmpError.Closed } && lastWords.Length > 0 => $"{cause.Message}. {Quote(lastWords)}",
        { IsKnown: false } => cause.Message,
        { Signal: { } signal } => $"QEMU was ended by signal {signal}. {Quote(lastWords)}".TrimEnd(),
        _ => $"QEMU left with exit status {exit.ExitCode}. {Quote(lastWords)}".TrimEnd(),
    };

    private string AboutSaved() => Restore is null ? "" : _step switch
    {
        LoadStep => $" {VmRestore.Remedy}",
        "resume" => " The guest's saved state was used up by this; the next start boots it.",
        _ => "",
    };

    private static string Quote(string lastWords) => lastWords.Length == 0 ? "" : $"Its last words: {lastWords}";

    private void Step(string name)
    {
        _step = name;
        OnStep(name);
    }
}
