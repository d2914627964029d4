using Google.Protobuf;
using NodeAgent.Cli.Terminal;
using NodeAgent.Cli.Yaml;
using Spectre.Console;

namespace NodeAgent.Cli.Output;

/// <summary>Prints what a command found in the form that was asked for. Results go to standard output, all else to standard error.</summary>
internal sealed class Printer
{
    private readonly Surroundings _surroundings;
    private MessageWriter? _yaml;

    /// <summary>Makes a printer; nothing is written.</summary>
    public Printer(Surroundings surroundings, OutputFormat format, bool color)
    {
        _surroundings = surroundings;
        Format = format;
        Console = TerminalOutput.Open(surroundings.Out, surroundings.OutputIsTerminal, color && surroundings.OutputIsTerminal);
        Messages = TerminalOutput.Open(surroundings.Error, surroundings.ErrorIsTerminal, color && surroundings.ErrorIsTerminal);
    }

    /// <summary>The form that was asked for.</summary>
    public OutputFormat Format { get; }

    /// <summary>Whether people read the result, not a program.</summary>
    public bool ForPeople => Format is OutputFormat.Table or OutputFormat.Wide;

    /// <summary>Standard output.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Standard error.</summary>
    public IAnsiConsole Messages { get; }

    /// <summary>
    /// Columns that a table has to fit; null where lines may be as long as they are: in a file or pipe, and in the wide
    /// form, which was asked for to see everything.
    /// </summary>
    public int? Width => _surroundings.OutputIsTerminal && Format != OutputFormat.Wide ? _surroundings.Size().Columns : null;

    /// <summary>A console for a display that redraws itself, on standard output or standard error. It knows the terminal's size as it is now.</summary>
    public IAnsiConsole Live(bool onError)
    {
        var like = onError ? Messages : Console;
        var color = like.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        var live = TerminalOutput.Open(like.Profile.Out.Writer, like.Profile.Out.IsTerminal, color);
        (live.Profile.Width, live.Profile.Height) = _surroundings.Size();
        return live;
    }

    /// <summary>Prints a line on standard output.</summary>
    public void Line(string text, Style? style = null) => Console.WriteLine(SafeText.Line(text), style ?? Style.Plain);

    /// <summary>Says something that is not the result, on standard error.</summary>
    public void Note(string text, Style? style = null) => Messages.WriteLine(SafeText.Line(text), style ?? Style.Plain);

    /// <summary>Prints one resource.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="name">Its name.</param>
    /// <param name="human">Writes it for people.</param>
    public void One(IMessage resource, string name, Action human)
    {
        switch (Format)
        {
            case OutputFormat.Json:
                _surroundings.Out.WriteLine(JsonText.Pretty(resource));
                break;
            case OutputFormat.Yaml:
                Document(resource);
                break;
            case OutputFormat.Name:
                Line(name);
                break;
            default:
                human();
                break;
        }
    }

    /// <summary>Prints a list of resources; JSON is the list response as a whole, YAML a document for each.</summary>
    /// <param name="items">The resources.</param>
    /// <param name="response">The list response with the same resources.</param>
    /// <param name="columns">Columns of the table.</param>
    /// <param name="name">Name of a resource.</param>
    public void Many<T>(IReadOnlyList<T> items, IMessage response, IEnumerable<Column<T>> columns, Func<T, string> name)
        where T : IMessage
    {
        switch (Format)
        {
            case OutputFormat.Json:
                _surroundings.Out.WriteLine(JsonText.Pretty(response));
                break;
            case OutputFormat.Yaml:
                foreach (var item in items)
                {
                    Document(item);
                }

                break;
            case OutputFormat.Name:
                foreach (var item in items)
                {
                    Line(name(item));
                }

                break;
            default:
                Console.Write(TextTable<T>.Fit(columns, items, Format == OutputFormat.Wide, Width).All(items));
                Console.WriteLine();
                break;
        }
    }

    /// <summary>Prints one resource of a stream: JSON on one line, YAML as a document, and flushes so that a reader sees it now.</summary>
    public async Task NextAsync(IMessage resource, string name, Action human)
    {
        if (Format == OutputFormat.Json)
        {
            await _surroundings.Out.WriteLineAsync(JsonText.Line(resource));
        }
        else
        {
            One(resource, name, human);
        }

        await _surroundings.Out.FlushAsync();
    }

    private void Document(IMessage resource)
    {
        var first = _yaml is null;
        _yaml ??= new MessageWriter(_surroundings.Out, KnownTypes.Registry);
        _yaml.Write(resource, first);
    }
}
