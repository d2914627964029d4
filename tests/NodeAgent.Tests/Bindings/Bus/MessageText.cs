using System.Globalization;
using System.Text;
using NodeAgent.Bindings.Bus;

namespace NodeAgent.Tests.Bindings.Bus;

/// <summary>A message's body as text: <c>[…]</c> arrays with their type, <c>(…)</c> structures, <c>&lt;type value&gt;</c> variants.</summary>
internal static unsafe class MessageText
{
    public static string Of(nint message)
    {
        var text = new StringBuilder();
        Walk(message, text);
        return text.ToString();
    }

    private static void Walk(nint message, StringBuilder text)
    {
        var reader = new BusReader(message);
        for (var isFirst = true; ; isFirst = false)
        {
            byte type;
            byte* contents;
            if (BusException.Check(NativeService.sd_bus_message_peek_type(message, &type, &contents), "peek_type") == 0)
            {
                return;
            }

            text.Append(isFirst ? "" : " ");
            switch ((char)type)
            {
                case 'a' or 'r' or 'e' or 'v':
                    var inner = System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)contents)!;
                    text.Append((char)type switch { 'a' => $"[{inner}:", 'v' => $"<{inner} ", _ => "(" });
                    reader.Enter((char)type, inner);
                    Walk(message, text);
                    reader.Exit();
                    text.Append((char)type switch { 'a' => ']', 'v' => '>', _ => ')' });
                    break;
                default:
                    text.Append(Basic(reader, message, (char)type));
                    break;
            }
        }
    }

    private static string Basic(BusReader reader, nint message, char type) => type switch
    {
        's' => $"'{reader.Text()}'",
        'o' => reader.ObjectPath(),
        'b' => reader.Flag() ? "true" : "false",
        'i' => reader.Int32().ToString(CultureInfo.InvariantCulture),
        'u' => reader.UInt32().ToString(CultureInfo.InvariantCulture),
        't' => reader.UInt64().ToString(CultureInfo.InvariantCulture),
        'y' => Byte(message),
        'h' => Content(reader),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    private static string Byte(nint message)
    {
        byte value;
        BusException.Check(LibSystemd.sd_bus_message_read_basic(message, (byte)'y', &value), "y");
        return value.ToString("x2", CultureInfo.InvariantCulture);
    }

    // That a descriptor arrived is shown by what can be read through it; a socket may have nothing to say yet.
    private static string Content(BusReader reader)
    {
        using var descriptor = reader.Descriptor();
        if (new FileInfo($"/proc/self/fd/{descriptor.DangerousGetHandle()}").LinkTarget!.StartsWith("socket:", StringComparison.Ordinal))
        {
            return "h'socket'";
        }

        var buffer = new byte[64];
        return $"h'{Encoding.UTF8.GetString(buffer, 0, RandomAccess.Read(descriptor, buffer, 0))}'";
    }
}
