using System.Buffers.Binary;
using System.Text;

namespace NodeAgent.Tests.Logging;

/// <summary>Reads an entry as the journal does (https://systemd.io/JOURNAL_NATIVE_PROTOCOL).</summary>
internal static class JournalFields
{
    public static Dictionary<string, string> Parse(ReadOnlySpan<byte> entry)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        while (!entry.IsEmpty)
        {
            var end = entry.IndexOf((byte)'\n');
            var line = entry[..end];
            var equals = line.IndexOf((byte)'=');
            if (equals >= 0)
            {
                fields.Add(Encoding.ASCII.GetString(line[..equals]), Encoding.UTF8.GetString(line[(equals + 1)..]));
                entry = entry[(end + 1)..];
            }
            else
            {
                var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(entry[(end + 1)..]);
                fields.Add(Encoding.ASCII.GetString(line), Encoding.UTF8.GetString(entry.Slice(end + 9, length)));
                entry[end + 9 + length].ShouldBe((byte)'\n');
                entry = entry[(end + 10 + length)..];
            }
        }

        return fields;
    }
}
