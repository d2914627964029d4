using Google.Protobuf;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Output;
using Spectre.Console;

namespace NodeAgent.Cli.Invocation;

/// <summary>A table whose rows come one by one, for as long as the agent has something to tell.</summary>
/// <param name="call">The run.</param>
/// <param name="columns">All columns.</param>
internal sealed class RowFeed<T>(Call call, IEnumerable<Column<T>> columns)
    where T : IMessage
{
    private readonly TextTable<T> _table = TextTable<T>.FitStream(columns, [], call.Printer.Format == OutputFormat.Wide, call.Printer.Width);

    /// <summary>Prints the titles, then reads until the stream ends; begins it anew when the agent goes away.</summary>
    /// <param name="session">As <see cref="LastingStream.RunAsync"/> has it.</param>
    public async Task<int> RunAsync(Func<Action, Task> session)
    {
        if (call.Printer.ForPeople)
        {
            Print(_table.Header());
            await call.Surroundings.Out.FlushAsync(call.Cancellation);
        }

        await LastingStream.RunAsync(call, session);
        return ExitCode.Ok;
    }

    /// <summary>Prints a row.</summary>
    /// <param name="item">What came.</param>
    /// <param name="name">What <c>-o name</c> prints of it.</param>
    public Task ShowAsync(T item, string name) => call.Printer.NextAsync(item, name, () => Print(_table.Row(item)));

    private void Print(Paragraph line)
    {
        call.Printer.Console.Write(line);
        call.Printer.Console.WriteLine();
    }
}
