using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NodeAgent.Cli.Yaml;

/// <summary>
/// Writes messages of the contract as YAML documents in the form that <see cref="MessageReader"/> reads. Fields at their
/// default are left out.
/// </summary>
internal sealed class MessageWriter
{
    private readonly Emitter _emitter;
    private readonly TypeRegistry _types;

    /// <summary>Starts a stream of documents.</summary>
    /// <param name="writer">Where the text goes; it is not closed.</param>
    /// <param name="types">The messages that may stand in an Any.</param>
    public MessageWriter(TextWriter writer, TypeRegistry types)
    {
        _types = types;
        // No folding: a kernel command line must stay on one line to be found with grep.
        _emitter = new Emitter(writer, new EmitterSettings(bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024));
        _emitter.Emit(new StreamStart());
    }

    /// <summary>Writes one message as a document of its own.</summary>
    /// <param name="message">The message.</param>
    /// <param name="first">Whether it is the first; others begin with a line of three dashes.</param>
    public void Write(IMessage message, bool first = true)
    {
        _emitter.Emit(new DocumentStart(null, null, isImplicit: first));
        WriteMessage(message);
        _emitter.Emit(new DocumentEnd(isImplicit: true));
    }

    private void WriteMessage(IMessage message)
    {
        switch (message)
        {
            case Struct structure:
                BeginMap();
                foreach (var (key, value) in structure.Fields)
                {
                    Text(key);
                    WriteMessage(value);
                }

                _emitter.Emit(new MappingEnd());
                break;
            case Value value:
                WriteDynamic(value);
                break;
            case Any any:
                WriteAny(any);
                break;
            default:
                BeginMap(empty: !message.Descriptor.Fields.InFieldNumberOrder().Any(f => IsSet(message, f)));
                WriteFields(message);
                _emitter.Emit(new MappingEnd());
                break;
        }
    }

    private void WriteFields(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder().Where(f => IsSet(message, f)))
        {
            Text(FieldNames.Of(field));
            var value = field.Accessor.GetValue(message);
            if (field.IsMap)
            {
                WriteMap(field, (IDictionary)value);
            }
            else if (field.IsRepeated)
            {
                _emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, SequenceStyle.Block));
                foreach (var item in (IList)value)
                {
                    WriteValue(field, item!);
                }

                _emitter.Emit(new SequenceEnd());
            }
            else
            {
                WriteValue(field, value);
            }
        }
    }

    private void WriteMap(FieldDescriptor field, IDictionary map)
    {
        var keyField = field.MessageType.FindFieldByNumber(1);
        var valueField = field.MessageType.FindFieldByNumber(2);
        BeginMap();
        // A map of the contract has no order of its own; sorted, two prints of one resource are equal.
        foreach (var key in map.Keys.Cast<object>().OrderBy(k => ScalarText.Format(keyField, k), StringComparer.Ordinal))
        {
            WriteValue(keyField, key);
            WriteValue(valueField, map[key]!);
        }

        _emitter.Emit(new MappingEnd());
    }

    private void WriteValue(FieldDescriptor field, object value)
    {
        if (value is IMessage message && !ScalarText.IsWrittenAsScalar(message.Descriptor))
        {
            WriteMessage(message);
        }
        else if (value is string text)
        {
            Text(text);
        }
        else
        {
            Bare(ScalarText.Format(field, value));
        }
    }

    private void WriteAny(Any any)
    {
        BeginMap();
        Text("@type");
        Text(any.TypeUrl);
        if (_types.Find(Any.GetTypeName(any.TypeUrl)) is { } type)
        {
            WriteFields(type.Parser.ParseFrom(any.Value));
        }

        _emitter.Emit(new MappingEnd());
    }

    private void WriteDynamic(Value value)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StructValue:
                WriteMessage(value.StructValue);
                break;
            case Value.KindOneofCase.ListValue:
                _emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, SequenceStyle.Block));
                foreach (var item in value.ListValue.Values)
                {
                    WriteDynamic(item);
                }

                _emitter.Emit(new SequenceEnd());
                break;
            case Value.KindOneofCase.StringValue:
                Text(value.StringValue);
                break;
            case Value.KindOneofCase.NumberValue:
                Bare(value.NumberValue.ToString(System.Globalization.CultureInfo.InvariantCulture));
                break;
            case Value.KindOneofCase.BoolValue:
                Bare(value.BoolValue ? "true" : "false");
                break;
            default:
                Bare("null");
                break;
        }
    }

    private static bool IsSet(IMessage message, FieldDescriptor field)
    {
        if (field.HasPresence)
        {
            return field.Accessor.HasValue(message);
        }

        return field.Accessor.GetValue(message) switch
        {
            ICollection items => items.Count > 0,
            string text => text.Length > 0,
            ByteString bytes => bytes.Length > 0,
            bool flag => flag,
            double number => number != 0,
            var number => Convert.ToInt64(number, System.Globalization.CultureInfo.InvariantCulture) != 0,
        };
    }

    private void BeginMap(bool empty = false) =>
        _emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, empty ? MappingStyle.Flow : MappingStyle.Block));

    private void Bare(string text) => Scalar(text, ScalarStyle.Plain);

    private void Text(string text) => Scalar(text, TextStyle.Of(text));

    private void Scalar(string text, ScalarStyle style) =>
        _emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, style, isPlainImplicit: true, isQuotedImplicit: true));
}
