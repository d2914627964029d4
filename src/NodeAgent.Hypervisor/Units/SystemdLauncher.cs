using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using NodeAgent.Bindings.Bus;
using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Units;

/// <summary>
/// Starts each QEMU in a transient service of its own: in <c>machine.slice</c>, with its limits and its sandbox, and out
/// of the agent's. systemd hands a service no files, so the unit's first program waits at a door for them
/// (<see cref="ExecDoor"/>) and then becomes QEMU; its last one notes how it ended (<see cref="UnitEnd"/>).
/// </summary>
/// <param name="systemd">systemd's manager.</param>
/// <param name="machines">The list of machines that <c>machinectl</c> shows.</param>
/// <param name="options">What all units have in common.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class SystemdLauncher(
    Systemd1 systemd, MachineBook machines, UnitOptions options, TimeProvider time, ILogger<SystemdLauncher> logger) : IQemuLauncher
{
    private static readonly TimeSpan BusPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LaunchPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    // Units of starts that failed, by VM, while they are being stopped: at most one for a VM, and for seconds.
    private readonly ConcurrentDictionary<Guid, Task> _leftOvers = new();

    /// <inheritdoc/>
    public string Name => "systemd";

    /// <inheritdoc/>
    public async Task<QemuProcess> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Boot.Accelerator == Accelerator.Kvm && DeviceAccess.ToKvm() is { Problem: { } problem } access)
        {
            // QEMU would say it too, and send whoever reads it to the wrong place: it speaks of modules that are not loaded.
            throw new IOException($"KVM is not open to guests: {problem}. {access.Remedy}");
        }

        var unit = UnitName.Service(request.Name, request.RunId);
        using var limit = new CancellationTokenSource(LaunchPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);

        // The last command of a former unit would note its end where this run's is looked for.
        await _leftOvers.GetValueOrDefault(request.VmId, Task.CompletedTask).WaitAsync(either.Token);
        var (door, theirs) = SocketPair.Create();
        using (door)
        {
            try
            {
                using (theirs)
                {
                    await systemd.WaitConnectedAsync(BusPatience, either.Token);
                    var view = await Task.Run(() => ViewOf(request), either.Token).WaitAsync(either.Token);
                    await StartUnitAsync(unit, UnitDescription.Of(request, view, theirs, options), either.Token);
                }

                return await EnterAsync(unit, door, request, either.Token);
            }
            catch (Exception error)
            {
                // Behind a closed door the unit's process gives up by itself, whenever it comes there; one that went through
                // has been killed. So the unit ends without us, and is only helped: a force-stop does not wait for a
                // systemd that hangs. The next start of the VM does.
                door.Close();
                var givingUp = GiveUpAsync(request.VmId, unit);
                await givingUp.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw error switch
                {
                    OperationCanceledException when !cancellationToken.IsCancellationRequested =>
                        new IOException($"systemd did not start {unit} within {LaunchPatience.TotalSeconds:0} s; see journalctl -u {unit}.", error),
                    BusException => new IOException($"systemd did not start {unit}: {error.Message}", error),
                    LinuxException { Call: "execve" } refused => new IOException(
                        $"{request.Boot.QemuBinary} cannot be executed by a guest's user in its unit ({refused.Message}): it must be readable and executable by all "
                        + "(chmod 755), and where it is not below /usr, be installed as PREFIX/bin/NAME with its libraries and data in PREFIX/lib and PREFIX/share/qemu.",
                        error),
                    SocketException => new IOException($"The process of {unit} ended before it became QEMU; see journalctl -u {unit}.", error),
                    _ => error,
                };
            }
        }
    }

    /// <inheritdoc/>
    public QemuProcess? TryAttach(ProcessIdentity identity, string name, Guid id, RunDirectory directory)
    {
        if (UnitName.Find(identity.Pid) is not { } unit)
        {
            // An agent without systemd started it, or it is gone.
            return HostProcess.TryAttach(identity);
        }

        var process = HostProcess.TryAttach(identity, () => EndAsync(unit, directory));
        if (process is not null)
        {
            machines.Register(name, id, process);
        }

        return process;
    }

    /// <inheritdoc/>
    public async Task LimitAsync(ProcessIdentity process, VmSpec spec, Accelerator accelerator, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(spec);
        if (UnitName.Find(process.Pid) is not { } unit)
        {
            return;
        }

        try
        {
            await systemd.SetUnitPropertiesAsync(unit, runtime: true, [.. UnitLimits.Properties(spec, accelerator)], cancellationToken);
        }
        catch (BusException refusal)
        {
            throw new IOException($"systemd did not change the limits of {unit}: {refusal.Message}", refusal);
        }
    }

    private UnitView ViewOf(LaunchRequest request) => UnitView.Of(
        options.Hidden(),
        [.. ReadableFiles.Prepare(request.Boot.ReadFiles, request.Directory), .. UnitNetwork.Files(request.Spec)],
        UnitView.RealPath(request.Boot.QemuBinary),
        UnitView.RealPath(options.Program));

    private async Task StartUnitAsync(string unit, IReadOnlyList<UnitProperty> properties, CancellationToken cancellationToken)
    {
        if (await systemd.StartTransientUnitAsync(unit, "fail", properties, cancellationToken) is not "done" and var result)
        {
            throw new IOException($"systemd did not start {unit} ({result}); see journalctl -u {unit}.");
        }
    }

    private async Task<QemuProcess> EnterAsync(string unit, Socket door, LaunchRequest request, CancellationToken cancellationToken)
    {
        var status = await systemd.GetUnitAsync(unit, cancellationToken);
        if (status is not { MainPid: > 0 and var main } || ProcStat.Read((int)main) is not { } stat)
        {
            throw new IOException($"The process of {unit} ended at once; see journalctl -u {unit}.");
        }

        // A number is proven by what it belongs to: systemd names the main process, and the kernel the start time.
        var identity = new ProcessIdentity((int)main, stat.StartTicks, options.BootId);
        var process = HostProcess.TryAttach(identity, () => EndAsync(unit, request.Directory))
            ?? throw new IOException($"The process of {unit} ended at once; see journalctl -u {unit}.");
        try
        {
            FileOwner.SetOwner(request.Directory.Display, status.Uid);
            using var log = AppendFile.Open(request.Directory.Log);
            await ExecDoor.PassAsync(
                door,
                new ExecOrder
                {
                    Path = UnitView.RealPath(request.Boot.QemuBinary),
                    Arguments = request.Boot.Arguments,
                    Environment = LaunchRequest.Environment,
                    Output = log,
                    Descriptors = request.Descriptors,
                },
                cancellationToken);
            machines.Register(request.Name, request.VmId, process);
            return process;
        }
        catch
        {
            // Nothing is undone while it may still write to its disks.
            process.Kill();
            await process.Exited;
            process.Dispose();
            throw;
        }
    }

    /// <summary>How a unit's process ended, once its last command has noted it.</summary>
    private async Task<ProcessExit> EndAsync(string unit, RunDirectory directory)
    {
        try
        {
            using var limit = new CancellationTokenSource(EndPatience, time);
            await systemd.WaitEndedAsync(unit, limit.Token);
        }
        catch (Exception error) when (error is BusException or OperationCanceledException)
        {
            // Without the bus there is the note, or there is not.
            LogEndUntold(logger, unit, error.Message);
        }

        return UnitEnd.Read(directory);
    }

    private async Task GiveUpAsync(Guid vm, string unit)
    {
        var stopping = _leftOvers[vm] = StopAsync(unit);
        await stopping;
        _leftOvers.TryRemove(new(vm, stopping));
    }

    private async Task StopAsync(string unit)
    {
        try
        {
            using var limit = new CancellationTokenSource(EndPatience, time);
            await systemd.KillUnitAsync(unit, "all", PidFd.Kill, limit.Token);
            await systemd.WaitEndedAsync(unit, limit.Token);
        }
        catch (Exception error) when (error is BusException or OperationCanceledException)
        {
            // There is no such unit any more; or the bus is away, and the process behind the closed door ends itself.
            LogGivenUp(logger, unit, error.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "How {Unit} ended could not be learnt from systemd: {Why}")]
    private static partial void LogEndUntold(ILogger logger, string unit, string why);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Unit} was given up: {Why}")]
    private static partial void LogGivenUp(ILogger logger, string unit, string why);
}
