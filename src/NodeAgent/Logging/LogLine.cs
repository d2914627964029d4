using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace NodeAgent.Logging;

/// <summary>One message as one line, whatever is in it: a name from a request can't forge a second line.</summary>
internal static class LogLine
{
    private const string VmName = "VmName";

    // The relaxed encoder leaves '+' and quotes readable; it still escapes what would end a string or a line.
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>For people.</summary>
    public static byte[] Text(LogEntry entry)
    {
        var line = new StringBuilder(128)
            .Append(entry.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture))
            .Append(' ').Append(Word(entry.Level).PadRight(5)).Append(' ');
        return Finish(line, entry);
    }

    /// <summary>For a stream that the journal reads (sd-daemon(3)): a priority in front, no time.</summary>
    public static byte[] Prefixed(LogEntry entry) =>
        Finish(new StringBuilder(128).Append('<').Append(LogPriority.Of(entry.Level)).Append('>'), entry);

    /// <summary>For machines: the message, and each of its fields by name.</summary>
    public static byte[] Json(LogEntry entry)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("time", entry.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", Word(entry.Level));
            json.WriteString("category", entry.ShortCategory);
            // A message that tells of an event has the event's own name in its place.
            if (entry.Event is not null && !entry.Fields.Any(field => field.Key == "Event"))
            {
                json.WriteString("event", entry.Event);
            }

            json.WriteString("message", entry.Message);
            foreach (var (name, value) in entry.Fields)
            {
                WriteField(json, name, value);
            }

            if (entry.Error is not null)
            {
                json.WriteString("exception", entry.Error.ToString());
            }

            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    /// <summary>Adds a text without what would end a line or reach the operator's terminal as a command.</summary>
    public static StringBuilder AppendSafely(StringBuilder line, string text)
    {
        foreach (var c in text)
        {
            _ = c switch
            {
                '\n' => line.Append("\\n"),
                '\r' => line.Append("\\r"),
                '\t' => line.Append(' '),
                // Escape sequences would reach the operator's terminal.
                _ when char.IsControl(c) => line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => line.Append(c),
            };
        }

        return line;
    }

    private static byte[] Finish(StringBuilder line, LogEntry entry)
    {
        line.Append(entry.ShortCategory).Append(": ");
        AppendSafely(line, entry.Message);

        // What a connection or a monitor says is said of some VM.
        if (entry.Fields.FirstOrDefault(field => field.Key == VmName).Value is string vm && !entry.Message.Contains(vm, StringComparison.Ordinal))
        {
            AppendSafely(line.Append(" (VM "), vm).Append(')');
        }

        if (entry.Error is not null)
        {
            AppendSafely(line.Append(" | "), entry.Error.ToString());
        }

        return Encoding.UTF8.GetBytes(line.Append('\n').ToString());
    }

    private static void WriteField(Utf8JsonWriter json, string name, object? value)
    {
        // Fields stand beside our own and begin with a small letter as they do.
        var key = JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
        switch (value)
        {
            case bool flag:
                json.WriteBoolean(key, flag);
                break;
            case int or long or uint or short:
                json.WriteNumber(key, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                json.WriteNumber(key, number);
                break;
            default:
                json.WriteString(key, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Critical => "crit",
        LogLevel.Error => "error",
        LogLevel.Warning => "warn",
        LogLevel.Information => "info",
        LogLevel.Debug => "debug",
        _ => "trace",
    };
}
