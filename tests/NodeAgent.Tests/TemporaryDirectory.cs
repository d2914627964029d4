namespace NodeAgent.Tests;

/// <summary>A directory of a test's own, gone with the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("nodeagent-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
