using NodeAgent.Hosting;

namespace NodeAgent.Tests.Hosting;

public sealed class NodeIdFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string FilePath => Path.Combine(_directory.Path, "node-id");

    [Fact]
    public void Id_is_made_once()
    {
        var id = NodeIdFile.ReadOrCreate(_directory.Path);

        NodeIdFile.ReadOrCreate(_directory.Path).ShouldBe(id);
        File.ReadAllText(FilePath).ShouldBe($"{id:D}\n");
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("0a0b")]
    public void Damaged_id_is_no_reason_to_be_somebody_else(string content)
    {
        File.WriteAllText(FilePath, content);

        Should.Throw<StartException>(() => NodeIdFile.ReadOrCreate(_directory.Path)).Message.ShouldContain("Write the id back");

        File.ReadAllText(FilePath).ShouldBe(content);
    }

    [Fact]
    public void State_directory_that_takes_no_id_is_told()
    {
        // A folder in the way: root writes where modes forbid it.
        Directory.CreateDirectory(FilePath + ".new");

        Should.Throw<StartException>(() => NodeIdFile.ReadOrCreate(_directory.Path)).Message.ShouldContain("--state-dir");
    }

    public void Dispose() => _directory.Dispose();
}
