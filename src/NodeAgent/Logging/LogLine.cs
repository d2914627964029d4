using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace NodeAgent.Logging;

/// <summary>One message as one line, whatever is in it: a name from a request can't forge a second line.</summary>
internal static class LogLine
{
    private const string Root = "NodeAgent.";

    // The relaxed encoder leaves '+' and quotes readable; it still escapes what would end a string or a line.
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>For people, and for the journal when <paramref name="forJournal"/> (sd-daemon(3): a priority in front, no time).</summary>
    public static byte[] Text(DateTimeOffset time, LogLevel level, string category, string message, Exception? error, bool forJournal)
    {
        var line = new StringBuilder(128);
        if (forJournal)
        {
            line.Append('<').Append(Priority(level)).Append('>');
        }
        else
        {
            line.Append(time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture))
                .Append(' ').Append(Word(level).PadRight(5)).Append(' ');
        }

        line.Append(Short(category)).Append(": ");
        AppendSafely(line, message);
        if (error is not null)
        {
            line.Append(" | ");
            AppendSafely(line, error.ToString());
        }

        return Encoding.UTF8.GetBytes(line.Append('\n').ToString());
    }

    /// <summary>For machines: the message, and each of its fields by name.</summary>
    public static byte[] Json(
        DateTimeOffset time, LogLevel level, string category, EventId id, string message,
        IReadOnlyList<KeyValuePair<string, object?>>? fields, Exception? error)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("time", time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", Word(level));
            json.WriteString("category", Short(category));
            if (id.Name is not null)
            {
                json.WriteString("event", id.Name);
            }

            json.WriteString("message", message);
            foreach (var (name, value) in fields ?? [])
            {
                if (name != "{OriginalFormat}" && value is not null)
                {
                    WriteField(json, name, value);
                }
            }

            if (error is not null)
            {
                json.WriteString("exception", error.ToString());
            }

            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static void WriteField(Utf8JsonWriter json, string name, object value)
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

    private static void AppendSafely(StringBuilder line, string text)
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
    }

    private static string Short(string category) =>
        category.StartsWith(Root, StringComparison.Ordinal) ? category[Root.Length..] : category;

    // syslog(3)
    private static int Priority(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };

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
