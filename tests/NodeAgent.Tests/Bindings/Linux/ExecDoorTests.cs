using System.Text;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Tests.Bindings.Linux;

/// <summary>The door, with the real program behind it where it is built, and nobody behind it otherwise.</summary>
public sealed class ExecDoorTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Descriptors_and_arguments_come_through_in_their_order()
    {
        var (door, theirs) = SocketPair.Create();
        using var ours = door;
        using var home = new TemporaryDirectory();
        using var output = AppendFile.Open(Path.Combine(home.Path, "log"));
        using var first = AppendFile.Open(Path.Combine(home.Path, "first"));
        using var second = AppendFile.Open(Path.Combine(home.Path, "second"));
        var order = new ExecOrder { Path = "/bin/true", Arguments = ["a b", "", "é"], Environment = ["X=1"], Output = output, Descriptors = [first, second] };

        IReadOnlyList<Microsoft.Win32.SafeHandles.SafeFileHandle> files;
        var passing = ExecDoor.PassAsync(door, order, Ct);
        using (theirs)
        {
            files = DescriptorMail.Receive((int)theirs.DangerousGetHandle())!;
            Names(files.Skip(1)).ShouldBe(["log", "first", "second"]);
            using var rest = new FileStream(theirs, FileAccess.Read, 1);
            using var text = new MemoryStream();
            await rest.CopyToAsync(text, Ct);
            Encoding.UTF8.GetString(text.ToArray()).ShouldBe("/bin/true\u00003\0a b\0\0é\0X=1\0");
        }

        // The program's end is closed by exec, and here by hand.
        passing.IsCompleted.ShouldBeFalse();
        foreach (var file in files)
        {
            file.Dispose();
        }

        await passing;
    }

    [Fact]
    public void Nobody_who_sends_is_nothing_received()
    {
        var (door, theirs) = SocketPair.Create();
        using var held = theirs;
        door.Dispose();

        DescriptorMail.Receive((int)theirs.DangerousGetHandle()).ShouldBeNull();
    }

    private static IEnumerable<string> Names(IEnumerable<Microsoft.Win32.SafeHandles.SafeFileHandle> files) =>
        files.Select(file => Path.GetFileName(new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").LinkTarget!));
}
