using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Bus;

/// <summary>
/// libsystemd's sd-bus (sd-bus(3)), by the calls that take a fixed number of arguments. Nothing is loaded before the
/// first call, so that a host without systemd runs the agent too. Numbers returned below zero are negative errnos.
/// </summary>
/// <remarks>An sd_bus and its messages belong to one thread: even their reference counts are not atomic.</remarks>
internal static unsafe partial class LibSystemd
{
    internal const string Name = "libsystemd.so.0";

    internal const byte MethodCall = 1, MethodReturn = 2, MethodError = 3, Signal = 4;

    private static readonly Lazy<bool> Loaded = new(() => CanLoad(Name));

    internal static bool IsAvailable => Loaded.Value;

    internal static bool CanLoad(string library) => NativeLibrary.TryLoad(library, out _);

    [LibraryImport(Name)]
    internal static partial int sd_bus_new(out nint bus);

    [LibraryImport(Name)]
    internal static partial int sd_bus_open_system(out nint bus);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_set_address(nint bus, string address);

    [LibraryImport(Name)]
    internal static partial int sd_bus_set_bus_client(nint bus, int isClient);

    [LibraryImport(Name)]
    internal static partial int sd_bus_start(nint bus);

    [LibraryImport(Name)]
    internal static partial void sd_bus_close(nint bus);

    [LibraryImport(Name)]
    internal static partial nint sd_bus_unref(nint bus);

    [LibraryImport(Name)]
    internal static partial int sd_bus_is_ready(nint bus);

    [LibraryImport(Name)]
    internal static partial int sd_bus_get_fd(nint bus);

    [LibraryImport(Name)]
    internal static partial int sd_bus_get_events(nint bus);

    [LibraryImport(Name)]
    internal static partial int sd_bus_get_timeout(nint bus, out ulong microseconds);

    [LibraryImport(Name)]
    internal static partial int sd_bus_process(nint bus, out nint message);

    [LibraryImport(Name)]
    internal static partial int sd_bus_send(nint bus, nint message, out ulong cookie);

    [LibraryImport(Name)]
    internal static partial int sd_bus_reply_method_errno(nint call, int errno, nint error);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_message_new_method_call(
        nint bus, out nint message, string destination, string path, string @interface, string member);

    [LibraryImport(Name)]
    internal static partial nint sd_bus_message_unref(nint message);

    [LibraryImport(Name)]
    internal static partial int sd_bus_message_get_type(nint message, out byte type);

    [LibraryImport(Name)]
    internal static partial int sd_bus_message_get_reply_cookie(nint message, out ulong cookie);

    [LibraryImport(Name)]
    internal static partial int sd_bus_message_get_expect_reply(nint message);

    [LibraryImport(Name)]
    internal static partial byte* sd_bus_message_get_sender(nint message);

    [LibraryImport(Name)]
    internal static partial byte* sd_bus_message_get_path(nint message);

    [LibraryImport(Name)]
    internal static partial byte* sd_bus_message_get_interface(nint message);

    [LibraryImport(Name)]
    internal static partial byte* sd_bus_message_get_member(nint message);

    // struct sd_bus_error { const char *name; const char *message; int need_free; }
    [LibraryImport(Name)]
    internal static partial byte** sd_bus_message_get_error(nint message);

    [LibraryImport(Name)]
    internal static partial int sd_bus_message_append_basic(nint message, byte type, void* value);

    [LibraryImport(Name)]
    internal static partial int sd_bus_message_append_array(nint message, byte type, void* items, nuint bytes);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_message_open_container(nint message, byte type, string contents);

    [LibraryImport(Name)]
    internal static partial int sd_bus_message_close_container(nint message);

    [LibraryImport(Name)]
    internal static partial int sd_bus_message_read_basic(nint message, byte type, void* value);

    [LibraryImport(Name)]
    internal static partial int sd_bus_message_read_array(nint message, byte type, void** items, out nuint bytes);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_message_enter_container(nint message, byte type, string contents);

    [LibraryImport(Name)]
    internal static partial int sd_bus_message_exit_container(nint message);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_message_skip(nint message, string types);

    [LibraryImport(Name)]
    internal static partial int sd_bus_message_rewind(nint message, int complete);
}
