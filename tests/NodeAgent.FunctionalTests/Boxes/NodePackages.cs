using System.Diagnostics;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>The Debian package that <c>make packages</c> has built, and a later revision of the same programs.</summary>
internal static class NodePackages
{
    private static readonly SemaphoreSlim Building = new(1);
    private static string? _later;

    /// <summary>What an operator installs.</summary>
    public static string Built => Path.Combine(Artifacts.Tree, "artifacts/packages", $"nodeagent_{Version}-1_amd64.deb") is var path && File.Exists(path)
        ? path
        : throw new FileNotFoundException($"{path} is not built: run make packages.");

    /// <summary>What the operator upgrades to; built once a run.</summary>
    public static async Task<string> LaterAsync()
    {
        await Building.WaitAsync();
        try
        {
            return _later ??= await BuildAsync(Path.Combine(Artifacts.Tree, "artifacts/packages/later"), 2);
        }
        finally
        {
            Building.Release();
        }
    }

    /// <summary>Builds a package as <c>make packages</c> does; gives its path.</summary>
    public static async Task<string> BuildAsync(string directory, int revision)
    {
        var start = new ProcessStartInfo(Path.Combine(Artifacts.Tree, "packaging/deb/build.sh"), [directory])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["NODEAGENT_REVISION"] = $"{revision}" },
        };
        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, string.Concat(said));
        return Path.Combine(directory, $"nodeagent_{Version}-{revision}_amd64.deb");
    }

    private static string Version
    {
        get
        {
            var properties = File.ReadAllText(Path.Combine(Artifacts.Tree, "Directory.Build.props"));
            var (begin, end) = ("<VersionPrefix>", "</VersionPrefix>");
            var from = properties.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
            return properties[from..properties.IndexOf(end, StringComparison.Ordinal)];
        }
    }
}
