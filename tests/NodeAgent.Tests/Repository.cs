namespace NodeAgent.Tests;

/// <summary>Files of the repository that tests compare with the code.</summary>
internal static class Repository
{
    public static string Read(string path)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "NodeAgent.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return File.ReadAllText(Path.Combine(folder, path));
    }
}
