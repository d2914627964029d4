using System.Runtime.InteropServices;
using System.Text;

namespace NodeAgent.Bindings.Bus;

/// <summary>Appends to a message that is being made. Only on the thread of the bus.</summary>
internal readonly unsafe struct BusWriter(nint message)
{
    public void Text(string value) => String('s', value);

    public void ObjectPath(string value) => String('o', value);

    public void Flag(bool value)
    {
        // A boolean on the bus is an int in libsystemd's interface; like all values below, it lives on our stack.
        var number = value ? 1 : 0;
        Append('b', &number);
    }

    public void Number(int value) => Append('i', &value);

    public void Number(uint value) => Append('u', &value);

    public void Number(ulong value) => Append('t', &value);

    public void Texts(IEnumerable<string> values)
    {
        Open('a', "s");
        foreach (var value in values)
        {
            Text(value);
        }

        Close();
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        // Pinned for the length of the call; libsystemd copies it.
        fixed (byte* start = value)
        {
            BusException.Check(LibSystemd.sd_bus_message_append_array(message, (byte)'y', start, (nuint)value.Length), "append_array");
        }
    }

    /// <summary>A file descriptor; libsystemd duplicates it, so that the handle may be closed afterwards.</summary>
    public void Descriptor(SafeHandle value)
    {
        var referenced = false;
        try
        {
            value.DangerousAddRef(ref referenced);
            var number = (int)value.DangerousGetHandle();
            Append('h', &number);
        }
        finally
        {
            if (referenced)
            {
                value.DangerousRelease();
            }
        }
    }

    /// <summary>Opens a container: <c>a</c> array, <c>r</c> structure, <c>e</c> dictionary entry, <c>v</c> variant.</summary>
    public void Open(char kind, string contents) =>
        BusException.Check(LibSystemd.sd_bus_message_open_container(message, (byte)kind, contents), "open_container");

    public void Close() => BusException.Check(LibSystemd.sd_bus_message_close_container(message), "close_container");

    private void String(char type, string value)
    {
        // A zero would end the text for the C library, and the receiver would act on half of it.
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw new BusException(BusFailure.Malformed, "A text for the bus contains a zero character.");
        }

        var bytes = new byte[Encoding.UTF8.GetByteCount(value) + 1];
        Encoding.UTF8.GetBytes(value, bytes);
        fixed (byte* start = bytes)
        {
            Append(type, start);
        }
    }

    private void Append(char type, void* value) =>
        BusException.Check(LibSystemd.sd_bus_message_append_basic(message, (byte)type, value), "append_basic");
}
