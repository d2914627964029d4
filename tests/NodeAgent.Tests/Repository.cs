namespace NodeAgent.Tests;

/// <summary>The source tree that these tests were built from.</summary>
internal static class Repository
{
    /// <summary>The folder of <c>NodeAgent.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>All files under a folder as paths from the root, without what builds leave behind.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !file.Split('/').Any(part => part is "bin" or "obj" or "artifacts" or "node_modules" or ".git"))
            .Order(StringComparer.Ordinal);

    /// <summary>The C# files of what ships and of what tests it.</summary>
    public static IEnumerable<string> Sources => [.. Files("src", "*.cs"), .. Files("tests", "*.cs")];

    /// <summary>A file's text, by its path from the root.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "NodeAgent.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("these tests need the source tree that they were built in");
        }

        return folder;
    }
}
