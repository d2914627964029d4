using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// One QEMU without a machine, asked everything over QMP and sent away again. Whatever the binary does (hang, crash,
/// print without end, speak nonsense) ends with this interview, within its patience, and leaves no process behind.
/// </summary>
internal sealed class QemuInterview(string binary, string accelerators, TimeSpan patience, TimeProvider time, ILogger logger)
{
    /// <summary>What the QEMU is called, so that one whose agent was killed meanwhile can be told from all others.</summary>
    public required string Name { get; init; }

    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(2);

    public async Task<QemuProbeResult> RunAsync(CancellationToken cancellationToken)
    {
        var (control, theirControl) = SocketPair.Create();
        var (output, theirOutput) = SocketPair.Create();
        PidFd process;
        try
        {
            process = ChildProcess.Start(new ChildProcessOptions
            {
                Path = binary,
                Arguments =
                [
                    "-name", ProbeOrphans.NameOption(Name), "-nodefaults", "-no-user-config", "-display", "none", "-S",
                    "-machine", $"none,accel={accelerators}", "-chardev", "socket,id=probe,fd=3", "-mon", "chardev=probe,mode=control",
                ],
                Environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
                Output = theirOutput,
                Descriptors = [theirControl],
            });
        }
        catch (LinuxException error)
        {
            control.Dispose();
            output.Dispose();
            return new QemuProbeResult.Failed(
                QemuProbeFailure.NotExecutable, $"{binary} cannot be executed: {error.Message}; install QEMU, or correct the path");
        }
        finally
        {
            // QEMU has its own; while ours are open, its death would not close the connections.
            theirControl.Dispose();
            theirOutput.Dispose();
        }

        using (process)
        {
            using var words = new LastWords(output);
            var exited = ExitWatch.WaitAsync(process);
            using var limit = new CancellationTokenSource(patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                await using var connection = await QmpConnection.OpenAsync(
                    control, QmpLimits.Default with { OpenTimeout = patience }, time, logger, either.Token);
                var capabilities = await AskAsync(connection, either.Token);
                await LeaveAsync(connection, exited);
                return new QemuProbeResult.Answered(capabilities, Cached: false);
            }
            catch (Exception error) when (error is QmpException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                var ended = await EndedByItselfAsync(exited, error);
                process.Send(PidFd.Kill);
                await Task.WhenAny(exited, Task.Delay(LeavePatience, time, CancellationToken.None));
                return Failure(error, ended, await words.ReadAsync(time));
            }
            finally
            {
                process.Send(PidFd.Kill);
                await Task.WhenAny(exited, Task.Delay(LeavePatience, time, CancellationToken.None));
            }
        }
    }

    private async Task<QemuCapabilities> AskAsync(QmpConnection qmp, CancellationToken cancellationToken)
    {
        // All at once: QEMU answers in order, and nobody waits for a round trip.
        var machines = Ask(QmpCommands.QueryMachines);
        var models = Ask(QmpCommands.QueryCpuDefinitions);
        var kvm = Ask(QmpCommands.QueryKvm);
        var commands = Ask(QmpCommands.QueryCommands);
        var options = qmp.ExecuteAsync(QmpCommands.QueryCommandLineOptions, new CommandLineOptionsArguments(), patience, cancellationToken);
        var devices = Types("device");
        var objects = Types("user-creatable");
        var accelerators = Types("accel");
        var channels = Types("chardev");
        var schema = Ask(QmpCommands.QueryQmpSchema);
        await Task.WhenAll(machines, models, kvm, commands, options, devices, objects, accelerators, channels, schema);

        var kvmEnabled = (await kvm).Enabled;
        return new QemuCapabilities
        {
            Binary = binary,
            Version = qmp.Version.Qemu.ToString(),
            Package = qmp.Version.Package.Trim(),
            Accelerators = [.. from type in await accelerators where type.Name.EndsWith("-accel", StringComparison.Ordinal) let name = type.Name[..^6] where name is "kvm" or "tcg" orderby name select name],
            KvmEnabled = kvmEnabled,
            Machines = [.. from machine in await machines orderby machine.Name select new QemuMachine(machine.Name, machine.Alias, machine.CpuMax, machine.IsDefault, machine.Deprecated)],
            CpuModels = [.. from model in await models orderby model.Name select Model(model, kvmEnabled)],
            Devices = Sorted((await devices).Select(type => type.Name)),
            Objects = Sorted((await objects).Select(type => type.Name)),
            Options = Sorted((await options).Select(option => option.Option).Where(name => name.Length > 0)),
            Commands = Sorted((await commands).Select(command => command.Name)),
            NetworkBackends = Sorted(QmpSchema.EnumOfArgument(await schema, "netdev_add", "type")),

            // Neither the option nor the command tells: both depend on how QEMU was built, not on the module being there.
            HasSpice = (await channels).Any(type => type.Name == "chardev-spiceport"),
            ProbeTime = time.GetUtcNow(),
        };

        Task<T> Ask<T>(QmpCommand<QmpEmpty, T> command) => qmp.ExecuteAsync(command, patience, cancellationToken);

        Task<ObjectType[]> Types(string implements) =>
            qmp.ExecuteAsync(QmpCommands.QomListTypes, new ListTypesArguments(implements, false), patience, cancellationToken);
    }

    private static QemuCpuModel Model(CpuDefinition model, bool kvmEnabled) => new(
        model.Name,
        kvmEnabled && model.UnavailableFeatures is { } missing ? missing.Count == 0 : null,
        kvmEnabled ? [.. (model.UnavailableFeatures ?? []).Distinct(StringComparer.Ordinal)] : [],
        model.Deprecated);

    private static ImmutableArray<string> Sorted(IEnumerable<string> names) => [.. names.Order(StringComparer.Ordinal)];

    private async Task LeaveAsync(QmpConnection qmp, Task<ProcessExit> exited)
    {
        try
        {
            await qmp.ExecuteAsync(QmpCommands.Quit, LeavePatience, CancellationToken.None);
            await exited.WaitAsync(LeavePatience, time);
        }
        catch (Exception error) when (error is QmpException or TimeoutException)
        {
            // It has answered; the caller sees to it that it goes.
        }
    }

    /// <summary>
    /// How it ended, if that is why it stopped answering; its socket can close a moment before it ends.
    /// One that we hung up on for what it said dies of that, and its end says nothing more.
    /// </summary>
    private async Task<ProcessExit?> EndedByItselfAsync(Task<ProcessExit> exited, Exception error)
    {
        switch (error)
        {
            case QmpException { Error: QmpError.Closed }:
                await Task.WhenAny(exited, Task.Delay(TimeSpan.FromMilliseconds(500), time, CancellationToken.None));
                break;
            case QmpException { Error: not QmpError.TimedOut }:
                return null;
        }

        return exited.IsCompletedSuccessfully ? await exited : null;
    }

    private QemuProbeResult.Failed Failure(Exception error, ProcessExit? ended, string lastWords)
    {
        if (ended is { } exit)
        {
            var how = exit.Signal is { } signal ? $"signal {signal}" : $"exit status {exit.ExitCode}";
            return new(QemuProbeFailure.Crashed, $"{binary} ended ({how}) before it had answered", lastWords);
        }

        return error is OperationCanceledException or QmpException { Error: QmpError.TimedOut }
            ? new(QemuProbeFailure.Hung, $"{binary} did not answer within {patience.TotalSeconds} s", lastWords)
            : new(QemuProbeFailure.Garbage, $"{binary} does not answer as a QEMU does: {error.Message}", lastWords);
    }
}
