using System.Runtime.InteropServices;

namespace NodeAgent.Cli.Terminal;

/// <summary>The terminal behind the standard streams: its size, and its line discipline switched off while a guest's console is attached.</summary>
/// <remarks>
/// This file is the one exception to the rule that P/Invoke lives in the bindings, which the command line program does
/// not see. For raw mode the alternative, running stty(1), would leave the terminal raw whenever that second process
/// could not be started, exactly when putting it back matters; tcsetattr(3) cannot fail that way and may be called on any
/// path out. For the size the alternative, System.Console, changes the terminal (keypad mode) and loads terminfo.
/// The kernel's structure is never looked into: it is kept as bytes and changed by cfmakeraw(3) only.
/// </remarks>
internal static partial class TerminalDevice
{
    private const int StandardInput = 0;
    private const int StandardError = 2;
    private const int Now = 0; // TCSANOW
    private const nuint GetWindowSize = 0x5413; // TIOCGWINSZ, ioctl_tty(2); the same number on x86-64 and arm64

    // struct termios is 60 bytes in glibc and in musl; room to spare, for only the C library knows it.
    private const int StructureSize = 256;

    /// <summary>Columns and rows of the terminal; 80 and 24 when there is none or it does not tell.</summary>
    public static (int Columns, int Rows) Size()
    {
        // struct winsize: rows, columns, and two sizes in pixels.
        var size = new ushort[4];
        for (var fd = StandardInput; fd <= StandardError; fd++)
        {
            if (Control(fd, GetWindowSize, size) == 0 && size[0] > 0 && size[1] > 0)
            {
                return (size[1], size[0]);
            }
        }

        return (80, 24);
    }

    /// <summary>
    /// Switches the terminal at standard input to raw mode, so that every key, Ctrl-C included, reaches the guest.
    /// Disposing the result puts back the mode that was found.
    /// </summary>
    /// <exception cref="IOException">Standard input is no terminal.</exception>
    public static IDisposable EnterRaw()
    {
        var found = new byte[StructureSize];
        if (GetAttributes(StandardInput, found) != 0)
        {
            throw new IOException($"standard input is no terminal (errno {Marshal.GetLastPInvokeError()})");
        }

        var raw = (byte[])found.Clone();
        MakeRaw(raw);
        return SetAttributes(StandardInput, Now, raw) == 0
            ? new FoundMode(found)
            : throw new IOException($"the terminal refused raw mode (errno {Marshal.GetLastPInvokeError()})");
    }

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetAttributes(int fd, [Out] byte[] attributes);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetAttributes(int fd, int when, byte[] attributes);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    private static partial void MakeRaw([In, Out] byte[] attributes);

    // ioctl(2) is variadic; with three integer arguments the calling convention is that of a fixed declaration.
    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(int fd, nuint request, [Out] ushort[] size);

    private sealed class FoundMode(byte[] attributes) : IDisposable
    {
        public void Dispose() => _ = SetAttributes(StandardInput, Now, attributes);
    }
}
