namespace NodeAgent.Tests;

/// <summary>A directory of a test's own, gone with the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private const string Memory = "/dev/shm";

    /// <param name="inMemory">Whether it may lie in memory, for tests that sync much and don't care for the disk.</param>
    public TemporaryDirectory(bool inMemory = false) => Path = inMemory && Directory.Exists(Memory)
        ? Directory.CreateDirectory(System.IO.Path.Combine(Memory, $"nodeagent-test-{Guid.NewGuid():N}")).FullName
        : Directory.CreateTempSubdirectory("nodeagent-test-").FullName;

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
