using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using NodeAgent.Cli.Values;

namespace NodeAgent.Cli.Yaml;

/// <summary>
/// Fills a message of the contract from YAML, by the message's own descriptor: a field that is added to the contract is
/// read without a change here. Everything wrong in a document is collected, so that one look mends it all.
/// </summary>
internal sealed class MessageReader
{
    private readonly string _file;
    private readonly List<YamlError> _errors = [];

    private MessageReader(string file) => _file = file;

    /// <summary>Reads a document into a new message.</summary>
    /// <param name="document">The document.</param>
    /// <param name="file">How errors name the file.</param>
    /// <param name="ignored">Fields at the top that are accepted and not read, by the contract's names.</param>
    /// <exception cref="YamlException">Something in the document is unknown or wrong.</exception>
    public static T Read<T>(YamlNode document, string file, params IReadOnlyCollection<string> ignored)
        where T : IMessage, new()
    {
        var reader = new MessageReader(file);
        var message = new T();
        reader.ReadMessage(message, document, "", ignored);
        return reader._errors.Count == 0 ? message : throw new YamlException(reader._errors);
    }

    private void ReadMessage(IMessage message, YamlNode node, string path, IReadOnlyCollection<string> ignored)
    {
        if (node is not YamlMap map)
        {
            Fail(node.Line, path, $"expected fields of {message.Descriptor.Name}, as 'key: value'");
            return;
        }

        foreach (var entry in map.Entries)
        {
            var fieldPath = path.Length == 0 ? entry.Key : $"{path}.{entry.Key}";
            if (FieldNames.Find(message.Descriptor, entry.Key) is not { } field)
            {
                var meant = FieldNames.Suggest(message.Descriptor, entry.Key);
                Fail(entry.Line, fieldPath, meant is null ? "unknown field" : $"unknown field; did you mean '{meant}'?");
            }
            else if (!ignored.Contains(field.Name) && entry.Value is not YamlScalar { IsNull: true })
            {
                ReadField(message, field, entry, fieldPath);
            }
        }
    }

    private void ReadField(IMessage message, FieldDescriptor field, YamlEntry entry, string path)
    {
        if (field.RealContainingOneof?.Accessor.GetCaseFieldDescriptor(message) is { } other && other != field)
        {
            Fail(entry.Line, path, $"cannot stand beside '{FieldNames.Of(other)}': only one of them may be set");
        }
        else if (field.IsMap)
        {
            ReadMap((IDictionary)field.Accessor.GetValue(message), field, entry.Value, path);
        }
        else if (field.IsRepeated)
        {
            ReadList((IList)field.Accessor.GetValue(message), field, entry.Value, path);
        }
        else if (ReadValue(field, entry.Value, path) is { } value)
        {
            field.Accessor.SetValue(message, value);
        }
    }

    private void ReadMap(IDictionary target, FieldDescriptor field, YamlNode node, string path)
    {
        if (node is not YamlMap map)
        {
            Fail(node.Line, path, "expected keys and values");
            return;
        }

        var key = field.MessageType.FindFieldByNumber(1);
        var value = field.MessageType.FindFieldByNumber(2);
        foreach (var entry in map.Entries)
        {
            var entryPath = $"{path}.{entry.Key}";
            if (ReadScalar(key, new YamlScalar(entry.Key, false, entry.Line), entryPath) is { } k && ReadValue(value, entry.Value, entryPath) is { } v)
            {
                target[k] = v;
            }
        }
    }

    private void ReadList(IList target, FieldDescriptor field, YamlNode node, string path)
    {
        if (node is not YamlList list)
        {
            Fail(node.Line, path, "expected a list, each item on a line of its own after '- '");
            return;
        }

        for (var i = 0; i < list.Items.Count; i++)
        {
            if (ReadValue(field, list.Items[i], $"{path}[{i}]") is { } value)
            {
                target.Add(value);
            }
        }
    }

    // Null when an error was recorded.
    private object? ReadValue(FieldDescriptor field, YamlNode node, string path)
    {
        if (field.FieldType == FieldType.Message && !ScalarText.IsWrittenAsScalar(field.MessageType))
        {
            var message = field.MessageType.Parser.ParseFrom(ByteString.Empty);
            ReadMessage(message, node, path, []);
            return message;
        }

        if (node is not YamlScalar scalar)
        {
            Fail(node.Line, path, $"expected {ScalarText.Expectation(field)}");
            return null;
        }

        return ReadScalar(field, scalar, path);
    }

    private object? ReadScalar(FieldDescriptor field, YamlScalar scalar, string path)
    {
        if (ScalarText.TryParse(field, scalar.Value, out var value, out var problem))
        {
            return value;
        }

        Fail(scalar.Line, path, problem);
        return null;
    }

    private void Fail(int line, string path, string message) => _errors.Add(new YamlError(_file, line, path, message));
}
