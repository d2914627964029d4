using System.Runtime.InteropServices;

namespace NodeAgent.Tests.Bindings.Bus;

/// <summary>What a service needs of libsystemd beyond what the agent, which is only a client, uses.</summary>
internal static unsafe partial class NativeService
{
    private const string Name = "libsystemd.so.0";

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_request_name(nint bus, string name, ulong flags);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_release_name(nint bus, string name);

    [LibraryImport(Name)]
    internal static partial int sd_bus_message_new_method_return(nint call, out nint message);

    [LibraryImport(Name)]
    internal static partial int sd_bus_message_new_method_error(nint call, out nint message, nint* error);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_message_new_signal(nint bus, out nint message, string path, string @interface, string member);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_message_set_destination(nint message, string destination);

    [LibraryImport(Name)]
    internal static partial nint sd_bus_message_ref(nint message);

    [LibraryImport(Name)]
    internal static partial int sd_bus_message_peek_type(nint message, byte* type, byte** contents);

    [LibraryImport(Name)]
    internal static partial int sd_bus_send(nint bus, nint message, nint cookie);
}
