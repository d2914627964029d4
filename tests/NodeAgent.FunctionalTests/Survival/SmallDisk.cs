using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>A file system of a few megabytes, which a test can fill without harm to anybody else.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _filler;

    private SmallDisk(string root)
    {
        Root = root;
        _filler = Path.Combine(root, "filler");
    }

    public string Root { get; }

    /// <summary>Mounts it; skips the test where that is not permitted.</summary>
    public static async Task<SmallDisk> MountAsync(int mebibytes)
    {
        var root = Directory.CreateTempSubdirectory("nodeagent-disk-").FullName;
        if (await RunAsync("/usr/bin/mount", "-t", "tmpfs", "-o", $"size={mebibytes}m,mode=0700", "nodeagent-test", root) != 0)
        {
            Directory.Delete(root);
            Assert.Skip("this process may not mount a tmpfs; run as root outside of a container");
        }

        return new SmallDisk(root);
    }

    /// <summary>Takes all the space there is, to the last byte.</summary>
    public void Fill()
    {
        using var file = File.OpenHandle(_filler, FileMode.OpenOrCreate, FileAccess.Write);
        var at = RandomAccess.GetLength(file);
        for (var size = 1 << 16; size > 0;)
        {
            try
            {
                RandomAccess.Write(file, new byte[size], at);
                at += size;
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    /// <summary>Gives it back.</summary>
    public void Free() => File.Delete(_filler);

    public async ValueTask DisposeAsync()
    {
        (await RunAsync("/usr/bin/umount", Root)).ShouldBe(0);
        Directory.Delete(Root);
    }

    private static async Task<int?> RunAsync(string program, params string[] arguments)
    {
        using var process = ChildProcess.Start(new ChildProcessOptions { Path = program, Arguments = arguments });
        return (await ExitWatch.WaitAsync(process).WaitAsync(AgentClient.Patience)).ExitCode;
    }
}
