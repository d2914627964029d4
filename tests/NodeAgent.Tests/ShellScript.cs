using System.Diagnostics;

namespace NodeAgent.Tests;

/// <summary>
/// A file that can be executed at once. It is written by another process: a child that some other test forks while this
/// process has the file open for writing would hold it open too, and executing it would fail with ETXTBSY.
/// </summary>
internal static class ShellScript
{
    public static string Write(string path, string text)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "cat > \"$0\" && chmod 0700 \"$0\"", path]) { RedirectStandardInput = true })!;
        shell.StandardInput.Write(text);
        shell.StandardInput.Close();
        shell.WaitForExit();
        shell.ExitCode.ShouldBe(0);
        return path;
    }
}
