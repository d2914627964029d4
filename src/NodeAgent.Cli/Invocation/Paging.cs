using System.CommandLine;

namespace NodeAgent.Cli.Invocation;

/// <summary>The options of commands that list, and the reading of pages.</summary>
internal sealed class Paging
{
    private const int LargestPage = 1000;

    private readonly Option<int?> _limit;
    private readonly Option<bool> _all;
    private readonly Option<string?> _token;
    private readonly int _usual;

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="usual">How many resources are shown when nothing is said.</param>
    public Paging(Command command, int usual)
    {
        _usual = usual;
        _limit = command.Number("--limit", $"Show at most so many (default {usual}).");
        _all = command.Flag("--all", "Show all, however many pages that takes.");
        _token = command.Text("--page-token", "TOKEN", "Go on where a shortened list ended.");
    }

    /// <summary>Reads as many pages as were asked for, and notes when there is more.</summary>
    /// <param name="call">The run.</param>
    /// <param name="read">Reads a page of a size from a token on; answers the items and the next token.</param>
    /// <returns>The items, and the token of the page after them, empty on the last page.</returns>
    public async Task<(List<T> Items, string Next)> ReadAsync<T>(Call call, Func<int, string, Task<(IReadOnlyList<T> Items, string Next)>> read)
    {
        var left = call.Get(_all) ? int.MaxValue : call.Get(_limit) ?? _usual;
        var items = new List<T>();
        var token = call.Get(_token) ?? "";
        do
        {
            var page = await read(Math.Min(left, LargestPage), token);
            items.AddRange(page.Items);
            left -= page.Items.Count;
            token = page.Next;
        }
        while (token.Length > 0 && left > 0);

        if (token.Length > 0 && call.Printer.ForPeople)
        {
            call.Printer.Note($"There is more: --all shows it, --page-token {token} goes on.");
        }

        return (items, token);
    }
}
