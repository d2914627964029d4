using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Linux;

/// <summary>The other side of an <see cref="ExecDoor"/>: the process that becomes the program.</summary>
public static unsafe class ExecEntry
{
    /// <summary>Exit status of a process whose agent went away before the process had its whole order.</summary>
    public const int Abandoned = 75;

    /// <summary>Exit status of a process that could not execute the program, as of a shell.</summary>
    public const int CannotExecute = 126;

    // Above every number that a program is given, so that no dup2 overwrites the source of a later one.
    private const int Aside = 512, StandardInput = 0, SigPipe = 13;

    /// <summary>Waits at the door that is standard input, and becomes what comes through it. Returns only on failure.</summary>
    /// <returns>The exit status to end with.</returns>
    public static int Enter()
    {
        if (DescriptorMail.Receive(StandardInput) is not { Count: > 1 } files)
        {
            return Abandoned;
        }

        // Out of the way of the program's descriptors, and closed by exec: that tells the agent of success.
        var result = Libc.fcntl((int)files[0].DangerousGetHandle(), Libc.F_DUPFD_CLOEXEC, Aside);
        files[0].Dispose();
        var texts = ReadAll(StandardInput);
        if (texts.Length < 2 || !int.TryParse(texts[1], CultureInfo.InvariantCulture, out var count) || texts.Length < count + 2)
        {
            return Abandoned;
        }

        // An order that outlived its agent is not followed: before this process had the sockets, the next agent may have
        // looked for who holds them and found nobody. From here on it finds this process.
        if (HasGone(StandardInput))
        {
            return Abandoned;
        }

        try
        {
            Become(texts[0], texts[2..(count + 2)], texts[(count + 2)..], files.Skip(1));
        }
        catch (LinuxException failure)
        {
            var errno = failure.Errno;
            _ = Libc.write(result, (byte*)&errno, sizeof(int));
        }

        return CannotExecute;
    }

    // Who has said all ends only one direction of a stream; who is gone, both (unix(7), poll(2)).
    private static bool HasGone(int door) => (Libc.Events(door, 0) & Libc.POLLHUP) != 0;

    private static void Become(string path, string[] arguments, string[] environment, IEnumerable<SafeFileHandle> files)
    {
        var aside = files.Select(file => Check("fcntl", Libc.fcntl((int)file.DangerousGetHandle(), Libc.F_DUPFD_CLOEXEC, Aside))).ToArray();
        var nothing = Check("fcntl", Libc.fcntl(Check("open", Libc.open("/dev/null", Libc.O_CLOEXEC, 0)), Libc.F_DUPFD_CLOEXEC, Aside));
        Check("dup2", Libc.dup2(nothing, StandardInput));
        Check("dup2", Libc.dup2(aside[0], 1));
        Check("dup2", Libc.dup2(aside[0], 2));
        for (var i = 1; i < aside.Length; i++)
        {
            Check("dup2", Libc.dup2(aside[i], i + 2));
        }

        // The runtime ignores this signal, and that would be inherited.
        _ = Libc.signal(SigPipe, 0);
        using var argumentVector = new StringVector([path, .. arguments]);
        using var environmentVector = new StringVector(environment);
        Check("execve", Libc.execve(path, argumentVector.Pointer, environmentVector.Pointer));
    }

    private static string[] ReadAll(int door)
    {
        using var all = new MemoryStream();
        var buffer = stackalloc byte[4096];
        while (Libc.read(door, buffer, 4096) is > 0 and var count)
        {
            all.Write(new ReadOnlySpan<byte>(buffer, (int)count));
        }

        var texts = Encoding.UTF8.GetString(all.ToArray()).Split('\0');
        return texts[..^1];
    }

    private static int Check(string call, int result) => result >= 0 ? result : throw new LinuxException(call, Marshal.GetLastPInvokeError());
}
