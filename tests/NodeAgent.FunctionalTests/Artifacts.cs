namespace NodeAgent.FunctionalTests;

/// <summary>What <c>make publish</c> and <c>make guests</c> have built, and where what goes wrong is kept.</summary>
internal static class Artifacts
{
    private static readonly string Root = FindRoot();

    /// <summary>The daemon, native; another one by NODEAGENT_BIN.</summary>
    public static string Nodeagentd => Environment.GetEnvironmentVariable("NODEAGENT_BIN") ?? Built("bin/nodeagentd");

    /// <summary>The command line, native.</summary>
    public static string Nodectl => Built("bin/nodectl");

    /// <summary>The QEMU that fails on request, native.</summary>
    public static string FakeQemu => Built("tools/fakeqemu");

    /// <summary>Where the guests' kernels and disks are.</summary>
    public static string Guests => Path.Combine(Root, "artifacts/guests");

    /// <summary>Where the logs of failed tests are left.</summary>
    public static string Logs => Path.Combine(Root, "artifacts/logs");

    /// <summary>The root of the source tree.</summary>
    public static string Tree => Root;

    private static string Built(string name)
    {
        var path = Path.Combine(Root, "artifacts", name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not built: run make publish guests.");
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "NodeAgent.sln")))
        {
            directory = directory.Parent ?? throw new DirectoryNotFoundException("These tests run from within the source tree.");
        }

        return directory.FullName;
    }
}
