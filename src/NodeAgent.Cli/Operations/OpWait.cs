using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.LongRunning;

namespace NodeAgent.Cli.Operations;

/// <summary><c>op wait</c></summary>
internal static class OpWait
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var names = OperationNames.AddTo(command);
        shell.Examples(command, "nodectl op wait 0b5c… --timeout 2m");
        shell.Handle(command, async call =>
        {
            var begun = new List<OperationOutcome>();
            foreach (var name in call.Get(names).Select(OperationNames.Full))
            {
                // The wait itself is patient with an agent that is away; one that was never there is an error at once.
                var operation = await call.Agent.Operations.GetOperationAsync(new GetOperationRequest { Name = name }, call.Unary);
                begun.Add(new OperationOutcome(name, operation, null));
            }

            var outcomes = await new OperationProgress(call).WaitAsync(begun);
            var code = ExitCode.Ok;
            foreach (var outcome in outcomes)
            {
                var result = outcome.Error is { } error ? await Shell.ReportAsync(call, error, outcome.Subject)
                    : outcome.Operation!.Error is { } status ? Shell.Report(call, status, outcome.Subject)
                    : ExitCode.Ok;
                code = code == ExitCode.Ok ? result : code;
            }

            OpGet.Print(call, [.. outcomes.Where(o => o.Error is null).Select(o => o.Operation!)]);
            return code;
        });
    }
}
