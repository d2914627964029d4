using System.Diagnostics;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>What this machine can do for boxes, found out once a run. What an earlier run left behind is cleared away first.</summary>
internal static class BoxMachine
{
    private static readonly Lazy<string?> Reason = new(FindReason);

    /// <summary>Why no box can run here; <c>null</c> where it can.</summary>
    public static string? ReasonAgainst => Reason.Value;

    /// <summary>What all boxes' disks begin as; <c>make box</c> made it.</summary>
    public static string RootFileSystem => FindRootFileSystem();

    /// <summary>The folder of the scripts.</summary>
    public static string Scripts => Path.Combine(Artifacts.Tree, "tests/lab/box");

    private static string? FindReason()
    {
        var reason = Run("check.sh");
        if (reason.Length > 0)
        {
            return reason;
        }

        Run("sweep.sh");
        return null;
    }

    private static string FindRootFileSystem()
    {
        var folder = Path.Combine(Artifacts.Tree, "artifacts/box");
        return Directory.Exists(folder) && Directory.GetDirectories(folder).SingleOrDefault(path => !Path.GetFileName(path).StartsWith('.')) is { } found
            ? found
            : throw new DirectoryNotFoundException($"{folder} holds no root file system: run make box.");
    }

    private static string Run(string script)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(Scripts, script)) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Trim();
    }
}
