using NodeAgent.Security;

namespace NodeAgent.Tests.Security;

public sealed class UserNamesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Names_come_from_the_files()
    {
        var names = Names("root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n", "kvm:x:104:\n");

        names.Find(1000).ShouldBe("alice");
        names.Find(7).ShouldBeNull();
        names.FindGroup("kvm").ShouldBe(104u);
        names.FindGroup("105").ShouldBe(105u);
        names.FindGroup("none").ShouldBeNull();
    }

    [Theory]
    [InlineData("evil\u001b[31m:x:5:5::/:/bin/sh\n")]
    [InlineData("a b:x:5:5::/:/bin/sh\n")]
    [InlineData(":x:5:5::/:/bin/sh\n")]
    public void A_name_that_is_no_name_does_not_go_on_record(string passwd) => Names(passwd, "").Find(5).ShouldBeNull();

    [Fact]
    public void Missing_files_are_no_error() => new UserNames("/nonexistent", "/nonexistent").Find(0).ShouldBeNull();

    private UserNames Names(string passwd, string group)
    {
        File.WriteAllText(Path.Combine(_directory.Path, "passwd"), passwd);
        File.WriteAllText(Path.Combine(_directory.Path, "group"), group);
        return new UserNames(Path.Combine(_directory.Path, "passwd"), Path.Combine(_directory.Path, "group"));
    }
}
