using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Bus;

/// <summary>
/// Reads a message front to back. Only on the thread of the bus, and only while the message is being dispatched: the
/// memory behind it is libsystemd's.
/// </summary>
/// <remarks>A value of another type than asked for is <see cref="BusFailure.Malformed"/>.</remarks>
internal readonly unsafe struct BusReader(nint message)
{
    public string Text() => String('s');

    public string ObjectPath() => String('o');

    public bool Flag()
    {
        int value;
        Read('b', &value);
        return value != 0;
    }

    public int Int32()
    {
        int value;
        Read('i', &value);
        return value;
    }

    public uint UInt32()
    {
        uint value;
        Read('u', &value);
        return value;
    }

    public ulong UInt64()
    {
        ulong value;
        Read('t', &value);
        return value;
    }

    public byte[] Bytes()
    {
        void* start;
        Check(LibSystemd.sd_bus_message_read_array(message, (byte)'y', &start, out var count));

        // The array belongs to the message, which outlives this copy.
        return new ReadOnlySpan<byte>(start, (int)count).ToArray();
    }

    /// <summary>A descriptor of the message's own, duplicated for us.</summary>
    public SafeFileHandle Descriptor()
    {
        int value;
        Read('h', &value);
        return WakeDescriptor.Duplicate(value);
    }

    /// <summary>Enters a container (kinds as in <see cref="BusWriter.Open"/>). False at the end of an array.</summary>
    public bool Enter(char kind, string contents) =>
        Check(LibSystemd.sd_bus_message_enter_container(message, (byte)kind, contents)) > 0;

    public void Exit() => Check(LibSystemd.sd_bus_message_exit_container(message));

    /// <summary>Begins anew, for the next who reads it.</summary>
    public void Rewind() => Check(LibSystemd.sd_bus_message_rewind(message, 1));

    public void Skip(string types) => Check(LibSystemd.sd_bus_message_skip(message, types));

    /// <summary>Reads the one value in a variant.</summary>
    public T Variant<T>(string type, Func<BusReader, T> read)
    {
        Enter('v', type);
        var value = read(this);
        Exit();
        return value;
    }

    /// <summary>Walks a dictionary <c>a{sv}</c>; what <paramref name="take"/> leaves alone (false) is skipped.</summary>
    public void Properties(Func<string, BusReader, bool> take)
    {
        Enter('a', "{sv}");
        while (Enter('e', "sv"))
        {
            if (!take(Text(), this))
            {
                Skip("v");
            }

            Exit();
        }

        Exit();
    }

    private string String(char type)
    {
        byte* value;
        Read(type, &value);
        return Marshal.PtrToStringUTF8((nint)value) ?? "";
    }

    private void Read(char type, void* value)
    {
        if (Check(LibSystemd.sd_bus_message_read_basic(message, (byte)type, value)) == 0)
        {
            throw new BusException(BusFailure.Malformed, $"The message ends where a value of type '{type}' was expected.");
        }
    }

    private static int Check(int result) => result >= 0
        ? result
        : throw new BusException(BusFailure.Malformed, $"The message has another shape than expected (errno {-result}).");
}
