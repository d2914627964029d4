using System.Diagnostics;

namespace NodeAgent.FunctionalTests.Hosts;

/// <summary>What this machine can do for lab hosts, found out once a run.</summary>
internal static class LabMachine
{
    private static readonly Lazy<string?> Reason = new(FindReason);

    /// <summary>Why no lab host can run here; <c>null</c> where it can.</summary>
    public static string? ReasonAgainst => Reason.Value;

    /// <summary>What all lab hosts boot; <c>make host</c> made it.</summary>
    public static string Image => FindImage();

    /// <summary>The folder of the scripts.</summary>
    public static string Scripts => Path.Combine(Artifacts.Tree, "tests/lab/host");

    private static string? FindReason()
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(Scripts, "check.sh")) { RedirectStandardOutput = true })!;
        var reason = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return reason.Length > 0 ? reason : null;
    }

    private static string FindImage()
    {
        var folder = Path.Combine(Artifacts.Tree, "artifacts/host");
        return Directory.Exists(folder) && Directory.GetDirectories(folder).SingleOrDefault(path => !Path.GetFileName(path).StartsWith('.')) is { } found
            ? found
            : throw new DirectoryNotFoundException($"{folder} holds nothing to boot: run make host.");
    }
}
