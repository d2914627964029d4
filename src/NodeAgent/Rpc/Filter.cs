using System.Text;

namespace NodeAgent.Rpc;

/// <summary>
/// A list filter, the part of AIP-160 that the contract promises: terms <c>field=value</c> or <c>field!=value</c>,
/// joined by AND; a value with blanks stands in double quotes.
/// </summary>
internal sealed class Filter
{
    private const int MaxLength = 4096;
    private readonly List<Term> _terms = [];

    private Filter()
    {
    }

    /// <summary>Matches everything.</summary>
    public static Filter None { get; } = new();

    /// <summary>Reads a filter.</summary>
    /// <param name="text">The text; empty matches everything.</param>
    /// <param name="check">Says what is wrong with a field and its value, or <c>null</c>.</param>
    /// <exception cref="RpcRefusal">It is not a filter.</exception>
    public static Filter Parse(string text, Func<string, string, string?> check)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return None;
        }

        if (text.Length > MaxLength)
        {
            throw Wrong($"It is longer than {MaxLength} characters.");
        }

        var filter = new Filter();
        var rest = text.AsSpan().TrimStart();
        while (true)
        {
            var term = ReadTerm(ref rest);
            if (check(term.Field, term.Value) is { } fault)
            {
                throw Wrong(fault);
            }

            filter._terms.Add(term);
            rest = rest.TrimStart();
            if (rest.IsEmpty)
            {
                return filter;
            }

            if (!rest.StartsWith("AND ", StringComparison.Ordinal))
            {
                throw Wrong($"Expected AND at '{Excerpt(rest)}'.");
            }

            rest = rest[4..].TrimStart();
        }
    }

    /// <summary>Whether all terms hold.</summary>
    /// <param name="valueOf">A field's value; <c>null</c> where it has none.</param>
    public bool Matches(Func<string, string?> valueOf) =>
        _terms.TrueForAll(term => string.Equals(valueOf(term.Field), term.Value, StringComparison.Ordinal) != term.Negated);

    private static Term ReadTerm(ref ReadOnlySpan<char> rest)
    {
        var equals = rest.IndexOf('=');
        if (equals <= 0)
        {
            throw Wrong($"Expected field=value at '{Excerpt(rest)}'.");
        }

        var negated = rest[equals - 1] == '!';
        var field = rest[..(negated ? equals - 1 : equals)].Trim();
        if (field.IsEmpty || field.ContainsAny(' ', '"'))
        {
            throw Wrong($"Expected field=value at '{Excerpt(rest)}'.");
        }

        rest = rest[(equals + 1)..].TrimStart();
        return new Term(field.ToString(), ReadValue(ref rest), negated);
    }

    private static string ReadValue(ref ReadOnlySpan<char> rest)
    {
        if (rest.IsEmpty || rest[0] != '"')
        {
            var end = rest.IndexOf(' ');
            var word = end < 0 ? rest : rest[..end];
            rest = rest[word.Length..];
            return word.ToString();
        }

        var value = new StringBuilder();
        for (var i = 1; i < rest.Length; i++)
        {
            switch (rest[i])
            {
                case '"':
                    rest = rest[(i + 1)..];
                    return value.ToString();
                case '\\' when i + 1 < rest.Length:
                    value.Append(rest[++i]);
                    break;
                default:
                    value.Append(rest[i]);
                    break;
            }
        }

        throw Wrong("A double quote is not closed.");
    }

    private static string Excerpt(ReadOnlySpan<char> text) => text.Length <= 40 ? text.ToString() : $"{text[..40]}…";

    private static RpcRefusal Wrong(string why) =>
        RpcRefusal.Field("filter", $"{why} Write for instance: state=running AND labels.tier=db");

    private sealed record Term(string Field, string Value, bool Negated);
}
