using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.LongRunning;

namespace NodeAgent.Cli.Operations;

/// <summary><c>op get</c></summary>
internal static class OpGet
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var names = OperationNames.AddTo(command);
        shell.Handle(command, async call =>
        {
            var operations = new List<Operation>();
            foreach (var name in call.Get(names))
            {
                operations.Add(await call.Agent.Operations.GetOperationAsync(new GetOperationRequest { Name = OperationNames.Full(name) }, call.Unary));
            }

            Print(call, operations);
            return ExitCode.Ok;
        });
    }

    /// <summary>Prints one operation as itself, several as a list.</summary>
    public static void Print(Call call, IReadOnlyList<Operation> operations)
    {
        var columns = OperationColumns.For(call.Time);
        if (operations is [var only])
        {
            call.Printer.One(only, only.Name, () => call.Printer.Many(operations, only, columns, o => o.Name));
        }
        else
        {
            call.Printer.Many(operations, new ListOperationsResponse { Operations = { operations } }, columns, o => o.Name);
        }
    }
}
