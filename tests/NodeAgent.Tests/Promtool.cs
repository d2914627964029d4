using System.Diagnostics;

namespace NodeAgent.Tests;

/// <summary>Prometheus's own checker, which <c>make setup</c> fetches.</summary>
internal static class Promtool
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Runs it; skips the test where it is not installed.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="input">What it is given on its standard input.</param>
    /// <param name="arguments">What it is to do.</param>
    /// <returns>Its exit status, and all that it said.</returns>
    public static async Task<(int Status, string Said)> RunAsync(string folder, string input, params string[] arguments)
    {
        string[] places = [Path.Combine(Repository.Root, "artifacts/tools/promtool"), "/usr/bin/promtool"];
        var program = places.FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "promtool is not installed; make setup fetches it");
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var said = process.StandardOutput.ReadToEndAsync(Cancellation);
        var complained = process.StandardError.ReadToEndAsync(Cancellation);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, await said + await complained);
    }
}
