namespace NodeAgent.Tests.Bindings.Linux;

/// <summary>A folder that stands for a host's root, filled by the test.</summary>
internal sealed class FakeTree : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("fake-tree-").FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public void Add(string path, string text)
    {
        var file = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text + "\n");
    }

    public void Link(string path, string target)
    {
        var link = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        File.CreateSymbolicLink(link, target);
    }
}
