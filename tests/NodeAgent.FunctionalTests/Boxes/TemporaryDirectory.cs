namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>A directory that is gone with the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("nodeagent-packages-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
