using System.CommandLine;
using Google.Protobuf;
using ReferenceManager.Admin.V1;

namespace ReferenceManager.Commands;

/// <summary>One run of one command: what was said, whom to ask, where to write.</summary>
internal sealed record Call(ParseResult Said, AdminService.AdminServiceClient Api, TextWriter Out, bool IsJson, CancellationToken Cancellation)
{
    // All fields, whatever they hold: a script that reads "vms" finds it also when there are none.
    private static readonly JsonFormatter s_json = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    /// <summary>Writes an answer: its JSON as the contract of protobuf has it, or what a person wants to read.</summary>
    public void Write(IMessage answer, Action<TextWriter> text)
    {
        if (IsJson)
        {
            Out.WriteLine(s_json.Format(answer));
        }
        else
        {
            text(Out);
        }
    }

    /// <summary>Writes a table: two blanks between columns, so that it can be cut.</summary>
    public static void Table(TextWriter to, string[] titles, IEnumerable<string[]> rows)
    {
        string[][] all = [titles, .. rows];
        var widths = titles.Select((_, column) => all.Max(row => row[column].Length)).ToArray();
        foreach (var row in all)
        {
            to.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }
}
