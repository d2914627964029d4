using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Linux;

/// <summary>Descriptors that go over a unix socket with one byte (unix(7), SCM_RIGHTS).</summary>
internal static unsafe class DescriptorMail
{
    /// <summary>Most descriptors in one message (SCM_MAX_FD of the kernel).</summary>
    public const int Most = 253;

    // struct msghdr on 64-bit Linux: name, name length, parts, part count, control, control length, flags.
    private const int HeaderBytes = 56, PartsAt = 16, PartCountAt = 24, ControlAt = 32, ControlLengthAt = 40;

    // struct cmsghdr: length, level, type; then the descriptors.
    private const int ControlHeaderBytes = 16, SolSocket = 1, ScmRights = 1;
    private const int NoSignal = 0x4000, CloseOnExec = 0x40000000;

    /// <summary>Sends them. The receiver gets duplicates.</summary>
    /// <exception cref="LinuxException">The other side is gone, or its buffer is full.</exception>
    public static void Send(SafeHandle socket, IReadOnlyList<SafeHandle> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Count, Most);
        Span<byte> control = stackalloc byte[ControlHeaderBytes + (Most * sizeof(int))];
        var held = new List<SafeHandle>();
        try
        {
            // A handle that is held cannot be closed, and its number not given to another file, before the kernel has it.
            Span<int> numbers = stackalloc int[descriptors.Count + 1];
            for (var i = 0; i <= descriptors.Count; i++)
            {
                var handle = i < descriptors.Count ? descriptors[i] : socket;
                var referenced = false;
                handle.DangerousAddRef(ref referenced);
                held.Add(handle);
                numbers[i] = (int)handle.DangerousGetHandle();
            }

            var length = ControlHeaderBytes + (descriptors.Count * sizeof(int));
            MemoryMarshal.Write(control, (long)length);
            MemoryMarshal.Write(control[8..], SolSocket);
            MemoryMarshal.Write(control[12..], ScmRights);
            MemoryMarshal.AsBytes(numbers[..^1]).CopyTo(control[ControlHeaderBytes..]);

            // CMSG_SPACE: the kernel wants the buffer's length rounded up to a word.
            if (Transfer(numbers[^1], control[..((length + 7) & ~7)], NoSignal, receive: false, out _) != 1)
            {
                throw Libc.Error("sendmsg");
            }
        }
        finally
        {
            held.ForEach(handle => handle.DangerousRelease());
        }
    }

    /// <summary>Receives what <see cref="Send"/> sent, closed on exec; <c>null</c> when the sender has gone.</summary>
    /// <exception cref="LinuxException">The socket failed.</exception>
    public static IReadOnlyList<SafeFileHandle>? Receive(int socket)
    {
        Span<byte> control = stackalloc byte[ControlHeaderBytes + (Most * sizeof(int)) + 4];
        switch (Transfer(socket, control, CloseOnExec, receive: true, out var used))
        {
            case < 0:
                throw Libc.Error("recvmsg");
            case 0:
                return null;
        }

        if (used < ControlHeaderBytes)
        {
            return [];
        }

        var length = (int)MemoryMarshal.Read<long>(control);
        var numbers = MemoryMarshal.Cast<byte, int>(control[ControlHeaderBytes..length]);
        var received = new List<SafeFileHandle>();
        foreach (var number in numbers)
        {
            received.Add(new SafeFileHandle(number, ownsHandle: true));
        }

        return received;
    }

    private static long Transfer(int socket, Span<byte> control, int flags, bool receive, out int used)
    {
        // All buffers live on this stack frame or are pinned until the call has returned; the kernel keeps no pointer.
        byte payload = 1;
        var part = stackalloc long[2];
        part[0] = (long)&payload;
        part[1] = 1;
        var header = stackalloc byte[HeaderBytes];
        new Span<byte>(header, HeaderBytes).Clear();
        fixed (byte* controlStart = control)
        {
            *(long**)(header + PartsAt) = part;
            *(long*)(header + PartCountAt) = 1;
            *(byte**)(header + ControlAt) = controlStart;
            *(long*)(header + ControlLengthAt) = control.Length;
            long count;
            do
            {
                count = receive ? Libc.recvmsg(socket, header, flags) : Libc.sendmsg(socket, header, flags);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
            used = (int)*(long*)(header + ControlLengthAt);
            return count;
        }
    }
}
