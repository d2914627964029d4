using System.Runtime.InteropServices;

namespace FakeQemu;

/// <summary>Dies as the script says.</summary>
internal static partial class Suicide
{
    public static async Task CommitAsync(Fault fault)
    {
        await Console.Error.WriteLineAsync(fault.Text);
        if (fault.Do == FaultKind.Signal)
        {
            // Past the runtime's own handlers; and it may hit another thread a moment later.
            _ = SetDisposition(fault.Signal, disposition: 0);
            _ = Kill(Environment.ProcessId, fault.Signal);
            await Task.Delay(Timeout.Infinite);
        }

        Environment.Exit(fault.Status);
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetDisposition(int signal, nint disposition);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
