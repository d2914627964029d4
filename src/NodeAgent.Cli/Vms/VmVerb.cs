using System.CommandLine;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Operations;
using NodeAgent.Cli.Output;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary>A verb that takes time on one or more VMs: all are asked at once, then all are waited for.</summary>
internal sealed class VmVerb
{
    private readonly Argument<string[]> _names;
    private readonly Option<bool> _noWait;
    private readonly string _done;

    /// <summary>Adds the argument and the options that such verbs share.</summary>
    /// <param name="command">The command.</param>
    /// <param name="done">What has happened to a VM afterwards, for instance "started".</param>
    public VmVerb(Command command, string done)
    {
        _names = VmNames.Several(command);
        _noWait = NoWait(command);
        _done = done;
    }

    /// <summary>Starts the work on one VM.</summary>
    public delegate AsyncUnaryCall<Operation> Begin(string vm, string requestId, CallOptions options);

    /// <summary>Adds the option not to wait.</summary>
    public static Option<bool> NoWait(Command command) =>
        command.Flag("--no-wait", "Do not wait for the end; print the names of the operations.");

    /// <summary>Runs the verb on the VMs that were named.</summary>
    /// <returns>The exit code; that of the first VM that failed.</returns>
    public Task<int> RunAsync(Call call, Begin begin) => RunAsync(call, call.Get(_names), begin, !call.Get(_noWait), _done);

    /// <summary>Runs a verb on some VMs.</summary>
    public static async Task<int> RunAsync(Call call, IEnumerable<string> names, Begin begin, bool wait, string done)
    {
        IReadOnlyList<OperationOutcome> outcomes = await Task.WhenAll(names.Distinct().Select(n => BeginAsync(call, n, begin)));
        if (wait)
        {
            outcomes = await new OperationProgress(call).WaitAsync(outcomes);
        }

        var code = ExitCode.Ok;
        foreach (var outcome in outcomes)
        {
            var result = await ResultAsync(call, outcome, wait, done);
            code = code == ExitCode.Ok ? result : code;
        }

        return code;
    }

    private static async Task<OperationOutcome> BeginAsync(Call call, string name, Begin begin)
    {
        try
        {
            return new OperationOutcome(name, await begin(name, Call.NewRequestId(), call.Unary), null);
        }
        catch (RpcException e)
        {
            return new OperationOutcome(name, null, e);
        }
    }

    private static async Task<int> ResultAsync(Call call, OperationOutcome outcome, bool waited, string done)
    {
        if (outcome.Error is { } error)
        {
            return await Shell.ReportAsync(call, error, outcome.Subject);
        }

        var operation = outcome.Operation!;
        if (!call.Printer.ForPeople)
        {
            call.Printer.One(operation, waited ? outcome.Subject : operation.Name, static () => { });
        }

        if (operation.Error is { } status)
        {
            return Shell.Report(call, status, outcome.Subject);
        }

        if (call.Printer.ForPeople)
        {
            call.Printer.Line(waited ? $"{outcome.Subject}: {done}{Details(operation)}" : operation.Name);
        }

        return ExitCode.Ok;
    }

    private static string Details(Operation operation)
    {
        if (operation.Response is not { } response || !response.TryUnpack<Vm>(out var vm) || vm.Status is not { } status)
        {
            return "";
        }

        var process = status.Pid > 0 ? $", {VmColumns.Accelerator(vm)}, pid {status.Pid}" : "";
        return $" ({VmColumns.State(status).Text}{process})";
    }
}
