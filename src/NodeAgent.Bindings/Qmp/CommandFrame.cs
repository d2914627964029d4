using System.Buffers;
using System.Text.Json;

namespace NodeAgent.Bindings.Qmp;

/// <summary>Writes a command as the line that QEMU reads.</summary>
internal static class CommandFrame
{
    private const int KeptBytes = 16 * 1024;

    // A command is written in one go on one thread, so that each thread can keep its own buffer.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_buffer;

    public static byte[] Write<TArguments, TResult>(
        QmpCommand<TArguments, TResult> command, TArguments arguments, long id, QmpLane lane)
    {
        ArrayBufferWriter<byte> buffer = t_buffer ??= new ArrayBufferWriter<byte>(256);
        buffer.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString(lane == QmpLane.OutOfBand ? "exec-oob"u8 : "execute"u8, command.Name);
            if (command.Arguments is not null)
            {
                writer.WritePropertyName("arguments"u8);
                JsonSerializer.Serialize(writer, arguments, command.Arguments);
            }

            writer.WriteNumber("id"u8, id);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        byte[] frame = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity > KeptBytes)
        {
            t_buffer = null;
        }

        return frame;
    }
}
