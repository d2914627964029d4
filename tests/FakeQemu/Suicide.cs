using System.Runtime.InteropServices;

namespace FakeQemu;

/// <summary>Dies as the script says.</summary>
internal static partial class Suicide
{
    /// <summary>Returns the status to exit with, unless the signal came first.</summary>
    public static int Commit(Fault fault)
    {
        Console.Error.WriteLine(fault.Text);
        if (fault.Do == FaultKind.Signal)
        {
            _ = Kill(Environment.ProcessId, fault.Signal);
        }

        return fault.Status;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
