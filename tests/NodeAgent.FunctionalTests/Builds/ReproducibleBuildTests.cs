using NodeAgent.FunctionalTests.Boxes;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Isolation;

namespace NodeAgent.FunctionalTests.Builds;

/// <summary>The same source makes the same programs, wherever it lies.</summary>
[Collection(nameof(AloneCollection)), Trait(Effort.Trait, Effort.WholeOnly)]
public sealed class ReproducibleBuildTests
{
    // It compiles everything natively once more, which takes minutes.
    [Fact]
    public async Task Programs_of_a_clone_elsewhere_are_those_of_this_tree_byte_for_byte()
    {
        Assert.SkipUnless((await GitAsync(Artifacts.Tree, "status", "--porcelain", "--untracked-files=no")).Succeeded().Length == 0, "what is built here is not what is committed");
        using var folder = new TemporaryDirectory();
        var clone = Path.Combine(folder.Path, "elsewhere");
        (await GitAsync(folder.Path, "clone", "--quiet", Artifacts.Tree, clone)).Succeeded();

        (await Command.RunAsync("dotnet", ["build", Path.Combine(clone, "packaging/publish.proj"), "--nologo", "--verbosity", "quiet", "-nodeReuse:false"],
            patience: TimeSpan.FromMinutes(10))).Succeeded();

        foreach (var program in Directory.GetFiles(Path.Combine(Artifacts.Tree, "artifacts/bin")))
        {
            var other = Path.Combine(clone, "artifacts/bin", Path.GetFileName(program));
            (await Command.RunAsync("cmp", [program, other])).Succeeded();
        }
    }

    private static Task<Command> GitAsync(string directory, params string[] arguments) => Command.RunAsync("git", ["-C", directory, .. arguments]);
}
