using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Qmp;

/// <summary>Sends bytes together with a file descriptor (unix(7), SCM_RIGHTS).</summary>
internal static partial class DescriptorMessage
{
    /// <summary>EAGAIN: the peer has to read first.</summary>
    public const int WouldBlock = 11;

    private const int Interrupted = 4;
    private const int BadDescriptor = 9;
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int SolSocket = 1;
    private const int ScmRights = 1;

    /// <summary>Sends without waiting. Returns the number of bytes sent, at least one, or -1 with the errno.</summary>
    public static unsafe int TrySend(SafeHandle socket, ReadOnlySpan<byte> bytes, SafeHandle descriptor, out int errno)
    {
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
        }
        catch (ObjectDisposedException)
        {
            errno = BadDescriptor;
            return -1;
        }

        try
        {
            // Safe: all pointers are into this stack frame or into memory pinned until sendmsg returns, sendmsg keeps
            // none of them, the lengths are those of the memory, and the descriptor cannot be closed meanwhile.
            fixed (byte* start = bytes)
            {
                var part = new IoVector { Start = start, Length = (nuint)bytes.Length };
                var control = new DescriptorControl
                {
                    Length = (nuint)sizeof(DescriptorControl) - 4,
                    Level = SolSocket,
                    Type = ScmRights,
                    Descriptor = (int)descriptor.DangerousGetHandle(),
                };
                var message = new MessageHeader
                {
                    Parts = &part,
                    PartCount = 1,
                    Control = &control,
                    ControlLength = (nuint)sizeof(DescriptorControl),
                };
                nint sent;
                do
                {
                    sent = SendMessage(socket, &message, DontWait | NoSignal);
                    errno = sent < 0 ? Marshal.GetLastPInvokeError() : 0;
                }
                while (errno == Interrupted);
                return (int)sent;
            }
        }
        finally
        {
            descriptor.DangerousRelease();
        }
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static unsafe partial nint SendMessage(SafeHandle socket, MessageHeader* message, int flags);

    /// <summary><c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary><c>struct msghdr</c> on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Parts;
        public nuint PartCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary><c>struct cmsghdr</c> with room for one descriptor, padded as CMSG_SPACE(4) is.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct DescriptorControl
    {
        public nuint Length;
        public int Level;
        public int Type;
        public int Descriptor;
        private readonly int _padding;
    }
}
