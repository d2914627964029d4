using System.Runtime.CompilerServices;

namespace NodeAgent.Tests;

/// <summary>Texts that people have looked at and found right. Run with UPDATE_GOLDEN=1 to write them anew, and look at the difference.</summary>
internal static class Golden
{
    public static void Check(string relativePath, string actual, [CallerFilePath] string caller = "")
    {
        var path = Path.Combine(Root(caller), relativePath);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
            return;
        }

        File.Exists(path).ShouldBeTrue($"{relativePath} is missing; write it with UPDATE_GOLDEN=1");
        actual.ShouldBe(File.ReadAllText(path), $"differs from {relativePath}");
    }

    private static string Root(string caller)
    {
        var directory = Path.GetDirectoryName(caller)!;
        while (!File.Exists(Path.Combine(directory, "NodeAgent.Tests.csproj")))
        {
            directory = Path.GetDirectoryName(directory)!;
        }

        return directory;
    }
}
