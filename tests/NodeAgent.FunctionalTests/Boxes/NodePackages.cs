using System.Diagnostics;
using System.Text;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>The Debian package that <c>make packages</c> has built, and one of another build, which tells another version.</summary>
internal static class NodePackages
{
    private static readonly SemaphoreSlim Building = new(1);
    private static string? _later;

    /// <summary>What an operator installs.</summary>
    public static string Built => There($"nodeagent_{Version}-1_amd64.deb");

    /// <summary>What an operator installs where packages are RPMs.</summary>
    public static string BuiltRpm => There($"nodeagent-{Version}-1.x86_64.rpm");

    /// <summary>The version that the programs of another build tell.</summary>
    public static string LaterVersion { get; } = OtherThan(Version);

    /// <summary>What the operator upgrades to; built once a run.</summary>
    public static async Task<string> LaterAsync()
    {
        await Building.WaitAsync();
        try
        {
            return _later ??= await BuildAsync(Path.Combine(Artifacts.Tree, "artifacts/packages/later"), 2, await LaterProgramsAsync());
        }
        finally
        {
            Building.Release();
        }
    }

    /// <summary>Builds a package as <c>make packages</c> does; gives its path.</summary>
    public static async Task<string> BuildAsync(string directory, int revision, string? programs = null)
    {
        var start = new ProcessStartInfo(Path.Combine(Artifacts.Tree, "packaging/deb/build.sh"), [directory])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["NODEAGENT_REVISION"] = $"{revision}", ["NODEAGENT_PROGRAMS"] = programs ?? "artifacts/bin" },
        };
        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, string.Concat(said));
        return Path.Combine(directory, $"nodeagent_{Version}-{revision}_amd64.deb");
    }

    /// <summary>
    /// The folder of programs of another build. They are what is built, but for the version that is written into them: what
    /// matters to an upgrade is that the new program is another one, and can be told from the old.
    /// </summary>
    public static async Task<string> LaterProgramsAsync()
    {
        var folder = Path.Combine(Artifacts.Tree, "artifacts/packages/later/bin");
        Directory.CreateDirectory(folder);
        var (ours, other) = (Encoding.ASCII.GetBytes(Version + "+"), Encoding.ASCII.GetBytes(LaterVersion + "+"));
        foreach (var program in Directory.GetFiles(Path.Combine(Artifacts.Tree, "artifacts/bin")))
        {
            var bytes = await File.ReadAllBytesAsync(program);
            for (var at = bytes.AsSpan().IndexOf(ours); at >= 0; at = bytes.AsSpan().IndexOf(ours))
            {
                other.CopyTo(bytes, at);
            }

            var copy = Path.Combine(folder, Path.GetFileName(program));
            await File.WriteAllBytesAsync(copy, bytes);
            File.SetUnixFileMode(copy, File.GetUnixFileMode(program));
        }

        return folder;
    }

    private static string There(string name) => Path.Combine(Artifacts.Tree, "artifacts/packages", name) is var path && File.Exists(path)
        ? path
        : throw new FileNotFoundException($"{path} is not built: run make packages.");

    private static string OtherThan(string version) => version[..^1] + (version[^1] == '9' ? '8' : '9');

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
