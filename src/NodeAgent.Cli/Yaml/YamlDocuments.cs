using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NodeAgent.Cli.Yaml;

/// <summary>
/// Reads the documents of a YAML (or JSON) file. Aliases are refused: a small file could otherwise stand for a huge one,
/// and an error could not name one line.
/// </summary>
internal sealed class YamlDocuments
{
    private const int MaxDepth = 32;

    private readonly string _file;
    private readonly Parser _parser;

    private YamlDocuments(TextReader reader, string file)
    {
        _file = file;
        _parser = new Parser(new Scanner(reader, skipComments: true));
    }

    /// <summary>Reads all documents; empty ones are left out.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="file">How errors name the file.</param>
    /// <exception cref="YamlException">The text is not YAML, or uses what is not supported here.</exception>
    public static IReadOnlyList<YamlNode> Read(TextReader reader, string file)
    {
        try
        {
            return new YamlDocuments(reader, file).ReadAll();
        }
        catch (YamlDotNet.Core.YamlException e)
        {
            throw new YamlException([new YamlError(file, (int)e.Start.Line, "", e.InnerException?.Message ?? e.Message)]);
        }
    }

    private List<YamlNode> ReadAll()
    {
        var documents = new List<YamlNode>();
        while (_parser.MoveNext())
        {
            if (_parser.Current is not DocumentStart)
            {
                continue;
            }

            _parser.MoveNext();
            if (ReadNode("", 0) is not YamlScalar { IsNull: true } and var document)
            {
                documents.Add(document);
            }
        }

        return documents;
    }

    // On entry the parser stands on the node's first event, on exit on its last.
    private YamlNode ReadNode(string path, int depth)
    {
        var current = _parser.Current!;
        var line = (int)current.Start.Line;
        if (depth > MaxDepth)
        {
            throw Error(line, path, $"nested more than {MaxDepth} levels deep");
        }

        return current switch
        {
            Scalar scalar => new YamlScalar(scalar.Value, scalar.Style == ScalarStyle.Plain, line),
            SequenceStart => ReadList(path, line, depth),
            MappingStart => ReadMap(path, line, depth),
            AnchorAlias => throw Error(line, path, "aliases are not supported; write the value out"),
            _ => throw Error(line, path, "a value is missing"),
        };
    }

    private YamlList ReadList(string path, int line, int depth)
    {
        var items = new List<YamlNode>();
        while (_parser.MoveNext() && _parser.Current is not SequenceEnd)
        {
            items.Add(ReadNode($"{path}[{items.Count}]", depth + 1));
        }

        return new YamlList(items, line);
    }

    private YamlMap ReadMap(string path, int line, int depth)
    {
        var entries = new List<YamlEntry>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (_parser.MoveNext() && _parser.Current is not MappingEnd)
        {
            var keyLine = (int)_parser.Current!.Start.Line;
            if (_parser.Current is not Scalar key)
            {
                throw Error(keyLine, path, "a key must be a plain word");
            }

            var keyPath = path.Length == 0 ? key.Value : $"{path}.{key.Value}";
            if (!seen.Add(key.Value))
            {
                throw Error(keyLine, keyPath, "this key stands here twice");
            }

            _parser.MoveNext();
            entries.Add(new YamlEntry(key.Value, ReadNode(keyPath, depth + 1), keyLine));
        }

        return new YamlMap(entries, line);
    }

    private YamlException Error(int line, string path, string message) => new([new YamlError(_file, line, path, message)]);
}
