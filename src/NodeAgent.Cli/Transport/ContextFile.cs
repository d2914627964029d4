using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Yaml;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NodeAgent.Cli.Transport;

/// <summary>
/// The agents that a user has given names, in <c>$XDG_CONFIG_HOME/nodectl/config.yaml</c> (else <c>~/.config</c>), and
/// the one that is meant when none is named.
/// </summary>
/// <param name="Path">Where the file is or will be.</param>
/// <param name="Current">The name of the context in use; empty for none.</param>
/// <param name="Places">Agents by name.</param>
internal sealed record ContextFile(string Path, string Current, IReadOnlyDictionary<string, AgentPlace> Places)
{
    /// <summary>Reads the user's file; without one there are no contexts.</summary>
    /// <exception cref="YamlException">The file is not understood.</exception>
    public static ContextFile Load(Func<string, string?> environment)
    {
        var path = PathFor(environment);
        if (!File.Exists(path))
        {
            return new ContextFile(path, "", new Dictionary<string, AgentPlace>());
        }

        using var reader = File.OpenText(path);
        var current = "";
        var places = new Dictionary<string, AgentPlace>(StringComparer.Ordinal);
        foreach (var entry in YamlDocuments.Read(reader, path).SelectMany(d => Entries(d, path)))
        {
            switch (entry.Key)
            {
                case "current" when entry.Value is YamlScalar scalar:
                    current = scalar.IsNull ? "" : scalar.Value;
                    break;
                case "contexts":
                    foreach (var context in Entries(entry.Value, path))
                    {
                        places[context.Key] = ReadPlace(context, path);
                    }

                    break;
                default:
                    throw Wrong(path, entry.Line, entry.Key, "expected 'current' and 'contexts'");
            }
        }

        return new ContextFile(path, current, places);
    }

    /// <summary>The folder that the file is in, and where a user's certificates are looked for.</summary>
    public static string FolderFor(Func<string, string?> environment)
    {
        var folder = environment("XDG_CONFIG_HOME") is { Length: > 0 } xdg ? xdg : System.IO.Path.Combine(environment("HOME") ?? "/", ".config");
        return System.IO.Path.Combine(folder, "nodectl");
    }

    /// <summary>The agent of a context.</summary>
    /// <exception cref="CommandException">There is no such context.</exception>
    public AgentPlace this[string name] => Places.TryGetValue(name, out var place)
        ? place
        : throw new CommandException(ExitCode.NotFound, $"there is no context '{name}' in {Path}", "'nodectl context list' shows what there is.");

    /// <summary>Writes the file whole: a crash leaves the old one or the new one.</summary>
    public void Save()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        var temporary = Path + ".new";
        using (var writer = new StreamWriter(temporary))
        {
            var emitter = new Emitter(writer);
            var events = new List<ParsingEvent> { new StreamStart(), new DocumentStart(), new MappingStart() };
            events.AddRange([new Scalar("current"), new Scalar(AnchorName.Empty, TagName.Empty, Current, TextStyle.Of(Current), true, true)]);
            events.AddRange([new Scalar("contexts"), new MappingStart()]);
            foreach (var (name, place) in Places.OrderBy(h => h.Key, StringComparer.Ordinal))
            {
                events.AddRange([new Scalar(name), new MappingStart()]);
                foreach (var (key, value) in Fields(place))
                {
                    events.AddRange([new Scalar(key), new Scalar(AnchorName.Empty, TagName.Empty, value, TextStyle.Of(value), true, true)]);
                }

                events.Add(new MappingEnd());
            }

            events.AddRange([new MappingEnd(), new MappingEnd(), new DocumentEnd(true), new StreamEnd()]);
            events.ForEach(emitter.Emit);
        }

        File.Move(temporary, Path, overwrite: true);
    }

    private static string PathFor(Func<string, string?> environment) => System.IO.Path.Combine(FolderFor(environment), "config.yaml");

    private static IEnumerable<(string Key, string Value)> Fields(AgentPlace place)
    {
        (string Key, string? Value)[] fields =
        [
            ("host", place.Address.ToString()), ("node", place.Node), ("certificate", place.Credentials.Certificate),
            ("key", place.Credentials.Key), ("authorities", place.Credentials.Authorities),
        ];
        return fields.Where(field => field.Value is not null).Select(field => (field.Key, field.Value!));
    }

    private static AgentPlace ReadPlace(YamlEntry context, string path)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in Entries(context.Value, path))
        {
            values[entry.Key] = entry is { Key: "host" or "node" or "certificate" or "key" or "authorities", Value: YamlScalar { IsNull: false } scalar }
                ? scalar.Value
                : throw Wrong(path, entry.Line, $"contexts.{context.Key}.{entry.Key}", "expected a value for 'host', 'node', 'certificate', 'key' or 'authorities'");
        }

        return values.TryGetValue("host", out var host)
            ? new AgentPlace(HostAddress.Parse(host))
            {
                Node = values.GetValueOrDefault("node"),
                Credentials = new CredentialPaths(values.GetValueOrDefault("certificate"), values.GetValueOrDefault("key"), values.GetValueOrDefault("authorities"))
                    .Absolute(System.IO.Path.GetDirectoryName(path)!),
            }
            : throw Wrong(path, context.Line, $"contexts.{context.Key}", "expected 'host: unix:PATH' or 'host: HOST:PORT'");
    }

    private static IReadOnlyList<YamlEntry> Entries(YamlNode node, string path) => node switch
    {
        YamlMap map => map.Entries,
        YamlScalar { IsNull: true } => [],
        _ => throw Wrong(path, node.Line, "", "expected keys and values"),
    };

    private static Yaml.YamlException Wrong(string path, int line, string field, string message) =>
        new([new YamlError(path, line, field, message)]);
}
