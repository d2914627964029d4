using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using NodeAgent.Cli.Values;
using Enum = System.Enum;

namespace NodeAgent.Cli.Yaml;

/// <summary>How a single value of a field is written and read: sizes with units, durations, short enum values, RFC 3339 times.</summary>
internal static class ScalarText
{
    /// <summary>Whether a message stands as one value rather than as fields.</summary>
    public static bool IsWrittenAsScalar(MessageDescriptor message) => message == Duration.Descriptor || message == Timestamp.Descriptor;

    /// <summary>What can be written for a field, for people.</summary>
    public static string Expectation(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Bool => "true or false",
        FieldType.String => "a text",
        FieldType.Bytes => "bytes in base64",
        FieldType.Enum => $"one of {string.Join(", ", EnumText.Choices(field.EnumType))}",
        FieldType.Message when field.MessageType == Duration.Descriptor => "a duration such as 30s or 1m30s",
        FieldType.Message => "a time such as 2026-01-31T12:00:00Z",
        _ when FieldNames.IsSize(field) => "a size such as 256M or 1GiB",
        _ => "a number",
    };

    /// <summary>Reads the value of a field, or of an item of it.</summary>
    /// <param name="field">The field.</param>
    /// <param name="text">What was written.</param>
    /// <param name="value">The value in the type that the field's accessor takes.</param>
    /// <param name="problem">What is wrong, when the answer is false.</param>
    public static bool TryParse(FieldDescriptor field, string text, out object? value, out string problem)
    {
        problem = "";
        value = null;
        switch (field.FieldType)
        {
            case FieldType.Enum:
                value = EnumText.TryParse(field.EnumType, text, out var number, out problem) ? Enum.ToObject(field.EnumType.ClrType, number) : null;
                break;
            case FieldType.Message when field.MessageType == Duration.Descriptor:
                value = DurationText.TryParse(text, out var duration, out problem) ? duration : null;
                break;
            case FieldType.Int64 or FieldType.Int32 or FieldType.UInt32 or FieldType.UInt64 when FieldNames.IsSize(field):
                value = ByteSize.TryParse(text, out var bytes, out problem) ? Whole(field, bytes.ToString(CultureInfo.InvariantCulture)) : null;
                break;
            default:
                value = Simple(field, text);
                break;
        }

        if (value is null && problem.Length == 0)
        {
            problem = $"'{text}' is not {Expectation(field)}";
        }

        return value is not null;
    }

    /// <summary>Writes the value of a field, or of an item of it.</summary>
    public static string Format(FieldDescriptor field, object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        Duration duration => DurationText.Format(duration),
        Timestamp time => time.ToDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture),
        ByteString bytes => bytes.ToBase64(),
        long size when FieldNames.IsSize(field) => ByteSize.Format(size),
        Enum => EnumText.Format(field.EnumType, Convert.ToInt32(value, CultureInfo.InvariantCulture)),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => (string)value,
    };

    private static object? Simple(FieldDescriptor field, string text) => field.FieldType switch
    {
        FieldType.String => text,
        FieldType.Bool => text.ToLowerInvariant() switch
        {
            "true" or "yes" or "on" => true,
            "false" or "no" or "off" => false,
            _ => null,
        },
        FieldType.Double => double.TryParse(text, CultureInfo.InvariantCulture, out var d) ? d : null,
        FieldType.Float => float.TryParse(text, CultureInfo.InvariantCulture, out var f) ? f : null,
        FieldType.Bytes => Base64(text),
        FieldType.Message => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? Timestamp.FromDateTimeOffset(time)
            : null,
        _ => Whole(field, text),
    };

    private static object? Whole(FieldDescriptor field, string text) => field.FieldType switch
    {
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => int.TryParse(text, CultureInfo.InvariantCulture, out var n) ? n : null,
        FieldType.UInt32 or FieldType.Fixed32 => uint.TryParse(text, CultureInfo.InvariantCulture, out var n) ? n : null,
        FieldType.UInt64 or FieldType.Fixed64 => ulong.TryParse(text, CultureInfo.InvariantCulture, out var n) ? n : null,
        _ => long.TryParse(text, CultureInfo.InvariantCulture, out var n) ? n : null,
    };

    private static ByteString? Base64(string text)
    {
        var buffer = new byte[text.Length];
        return Convert.TryFromBase64String(text, buffer, out var length) ? ByteString.CopyFrom(buffer, 0, length) : null;
    }
}
