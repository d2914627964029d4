using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Linux;

/// <summary>Layout of <c>struct epoll_event</c> (epoll_ctl(2)): packed on x86-64, naturally aligned elsewhere.</summary>
internal static unsafe class EpollEvent
{
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    internal static int Size => DataOffset + 8;

    // Callers hand in at least Size bytes; unaligned access is what the packed layout asks for.
    internal static void Write(byte* @event, uint events, int data)
    {
        *(uint*)@event = events;
        *(ulong*)(@event + DataOffset) = (uint)data;
    }

    internal static int Data(byte* @event) => (int)*(ulong*)(@event + DataOffset);
}
