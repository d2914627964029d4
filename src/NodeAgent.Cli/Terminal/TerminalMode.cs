using System.Runtime.InteropServices;

namespace NodeAgent.Cli.Terminal;

/// <summary>
/// The terminal's line discipline switched off while a guest's console is attached, so that every key, Ctrl-C included,
/// reaches the guest. Disposing puts back what was found.
/// </summary>
/// <remarks>
/// This file is the one exception to the rule that P/Invoke lives in the bindings, which the command line program does
/// not see. The alternative, running stty(1), would leave the terminal raw whenever that second process could not be
/// started, exactly when putting it back matters; tcsetattr(3) cannot fail that way and may be called on any path out.
/// The kernel's structure is never looked into: it is kept as bytes and changed by cfmakeraw(3) only.
/// </remarks>
internal sealed partial class TerminalMode : IDisposable
{
    private const int StandardInput = 0;
    private const int Now = 0; // TCSANOW

    // struct termios is 60 bytes in glibc and in musl; room to spare, for only the C library knows it.
    private const int StructureSize = 256;

    private readonly byte[] _found;

    private TerminalMode(byte[] found) => _found = found;

    /// <summary>Switches the terminal at standard input to raw mode.</summary>
    /// <exception cref="IOException">Standard input is no terminal.</exception>
    public static TerminalMode EnterRaw()
    {
        var found = new byte[StructureSize];
        if (GetAttributes(StandardInput, found) != 0)
        {
            throw new IOException($"standard input is no terminal (errno {Marshal.GetLastPInvokeError()})");
        }

        var raw = (byte[])found.Clone();
        MakeRaw(raw);
        return SetAttributes(StandardInput, Now, raw) == 0
            ? new TerminalMode(found)
            : throw new IOException($"the terminal refused raw mode (errno {Marshal.GetLastPInvokeError()})");
    }

    /// <summary>Puts back the mode that was found.</summary>
    public void Dispose() => _ = SetAttributes(StandardInput, Now, _found);

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetAttributes(int fd, [Out] byte[] attributes);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetAttributes(int fd, int when, byte[] attributes);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    private static partial void MakeRaw([In, Out] byte[] attributes);
}
