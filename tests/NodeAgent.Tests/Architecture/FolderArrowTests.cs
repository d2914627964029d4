namespace NodeAgent.Tests.Architecture;

/// <summary>Folders inside a project: no circles, and in the bindings no arrows at all.</summary>
public sealed class FolderArrowTests
{
    [Theory]
    [InlineData("NodeAgent.Bindings")]
    [InlineData("NodeAgent.Hypervisor")]
    [InlineData("NodeAgent")]
    [InlineData("NodeAgent.Cli")]
    public void Folders_form_no_circle(string project)
    {
        var folders = new FolderGraph(project);
        folders.Arrows.ShouldNotBeEmpty();
        folders.FindCircle().ShouldBeNull();
    }

    [Fact]
    public void Bindings_of_different_worlds_do_not_see_each_other() =>
        new FolderGraph("NodeAgent.Bindings").Arrows
            .Where(arrow => arrow.From.Split('.')[0] != arrow.To.Split('.')[0])
            .ShouldBeEmpty();

    [Fact]
    public void What_runs_beside_a_method_counts_as_the_folder_s_own()
    {
        // Arrows that exist only in the body of an async method and of a lambda; were they not seen, the tests above would mean little.
        Floors.Uses.ShouldContain(use => use.From.Contains("VmStart") && use.To == "StartChannels");
        Floors.Uses.ShouldContain(use => use.FromSpace == "NodeAgent.Hosting" && use.To == "ConditionBook");
    }

    [Theory]
    [InlineData("NodeAgent.Bindings")]
    [InlineData("NodeAgent.Hypervisor")]
    [InlineData("NodeAgent")]
    [InlineData("NodeAgent.Cli")]
    public void A_file_s_namespace_is_its_folder(string project) =>
        Repository.Files($"src/{project}", "*.cs")
            .Where(file => Path.GetFileName(file) != "Program.cs")
            .Where(file => !Repository.Read(file).Split('\n').Contains($"namespace {Path.GetDirectoryName(file)!["src/".Length..].Replace('/', '.')};"))
            .ShouldBeEmpty();
}
