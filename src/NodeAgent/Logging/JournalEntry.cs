using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NodeAgent.Logging;

/// <summary>
/// One message as an entry of the journal (https://systemd.io/JOURNAL_NATIVE_PROTOCOL). docs/service.md lists the
/// fields: those by which one looks for a VM, an operation or a request, and one NODEAGENT_… for each other part of
/// the message. A value can't forge a field: it travels with its length where it has more than one line.
/// </summary>
internal static class JournalEntry
{
    // systemd.journal-fields(7) allows 64 characters; ours are short, those of the framework are cut.
    private const int LongestName = 64;

    /// <summary>Gives a message this form.</summary>
    public static byte[] Of(LogEntry entry)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        Add(buffer, "MESSAGE", Message(entry));
        Add(buffer, "PRIORITY", LogPriority.Of(entry.Level).ToString(CultureInfo.InvariantCulture));
        Add(buffer, "SYSLOG_IDENTIFIER", "nodeagentd");
        Add(buffer, "NODEAGENT_CATEGORY", entry.ShortCategory);
        var isOurs = entry.ShortCategory != entry.Category;
        foreach (var (name, value) in entry.Fields)
        {
            Add(buffer, FieldName(name, isOurs), Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
        }

        if (entry.Error is not null)
        {
            Add(buffer, "NODEAGENT_EXCEPTION", entry.Error.ToString());
        }

        return buffer.WrittenSpan.ToArray();
    }

    // The stack is in a field of its own: it would bury the messages around it.
    private static string Message(LogEntry entry)
    {
        var text = LogLine.AppendSafely(new StringBuilder(128), entry.Message);
        return entry.Error is null ? text.ToString()
            : LogLine.AppendSafely(text.Append(" | "), $"{entry.Error.GetType().Name}: {entry.Error.Message}").ToString();
    }

    private static string FieldName(string name, bool isOurs)
    {
        // What is logged beside the message's own words has the name of a parameter: operationId, _event.
        var snake = JsonNamingPolicy.SnakeCaseUpper.ConvertName(name.TrimStart('_', '@'));
        if (isOurs && snake is ("VM_ID" or "VM_NAME" or "OPERATION_ID" or "REQUEST_ID" or "AUDIT_SEQUENCE" or "AUDIT_HASH"))
        {
            return snake;
        }

        var upper = "NODEAGENT_" + snake;
        var legal = string.Create(Math.Min(upper.Length, LongestName), upper, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsAsciiLetterUpper(source[i]) || char.IsAsciiDigit(source[i]) ? source[i] : '_';
            }
        });
        return legal;
    }

    private static void Add(ArrayBufferWriter<byte> buffer, string name, string value)
    {
        buffer.Write(Encoding.ASCII.GetBytes(name));
        var bytes = Encoding.UTF8.GetBytes(value);
        if (bytes.AsSpan().Contains((byte)'\n'))
        {
            buffer.Write("\n"u8);
            BinaryPrimitives.WriteUInt64LittleEndian(buffer.GetSpan(8), (ulong)bytes.Length);
            buffer.Advance(8);
        }
        else
        {
            buffer.Write("="u8);
        }

        buffer.Write(bytes);
        buffer.Write("\n"u8);
    }
}
