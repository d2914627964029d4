using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Yaml;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary>A VM as a YAML (or JSON) file describes it: <c>name</c>, <c>id</c>, <c>labels</c> and <c>spec</c>.</summary>
/// <param name="Vm">What was read; the parts that only the agent can say are left out.</param>
/// <param name="File">The file as the user named it.</param>
/// <param name="Node">The document, to find the lines of fields.</param>
internal sealed record VmDocument(Vm Vm, string File, YamlNode Node)
{
    // What a file got by "vm get -o yaml" says and only the agent decides.
    private static readonly string[] AgentsOwn = ["status", "generation", "create_time", "update_time"];

    /// <summary>Reads all documents of a file, or of standard input for "-".</summary>
    /// <exception cref="YamlException">Something is unknown or wrong.</exception>
    /// <exception cref="CommandException">The file holds no VM.</exception>
    public static IReadOnlyList<VmDocument> Read(Call call, string file)
    {
        var name = file == "-" ? "standard input" : file;
        using var reader = file == "-" ? new StreamReader(call.Surroundings.Input, leaveOpen: true) : System.IO.File.OpenText(file);
        var documents = YamlDocuments.Read(reader, name).Select(d => new VmDocument(MessageReader.Read<Vm>(d, name, AgentsOwn), name, d)).ToList();
        return documents.Count > 0 ? documents : throw new CommandException(ExitCode.Usage, $"{name} holds no VM");
    }

    /// <summary>Turns a refusal of the agent into errors that name the lines of the file; null when it names no fields.</summary>
    public YamlException? Locate(RpcException refusal)
    {
        var errors = StatusText.Of(refusal).Details
            .Where(d => d.Is(BadRequest.Descriptor))
            .SelectMany(d => d.Unpack<BadRequest>().FieldViolations)
            .Select(v => new YamlError(File, LineOf(Node, v.Field), v.Field, v.Description))
            .ToList();
        return errors.Count > 0 ? new YamlException(errors) : null;
    }

    // The line of the deepest part of the path that stands in the file.
    private static int LineOf(YamlNode node, string path)
    {
        var line = node.Line;
        foreach (var step in path.Split('.', '[').Select(s => s.TrimEnd(']')))
        {
            switch (node)
            {
                case YamlMap map when Entry(map, step) is { } entry:
                    (node, line) = (entry.Value, entry.Line);
                    break;
                case YamlList list when int.TryParse(step, out var index) && index >= 0 && index < list.Items.Count:
                    node = list.Items[index];
                    line = node.Line;
                    break;
                case YamlMap when step == "vm":
                    break;
                default:
                    return line;
            }
        }

        return line;
    }

    // The agent names fields as the contract does, the file perhaps by a shorter name.
    private static YamlEntry? Entry(YamlMap map, string field)
    {
        const string suffix = "_bytes";
        var alias = field.EndsWith(suffix, StringComparison.Ordinal) ? field[..^suffix.Length] : field;
        return map.Entries.FirstOrDefault(e => Plain(e.Key) == Plain(field) || Plain(e.Key) == Plain(alias));
    }

    private static string Plain(string key) => key.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
