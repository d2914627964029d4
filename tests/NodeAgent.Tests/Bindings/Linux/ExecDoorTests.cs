using System.Text;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Tests.Bindings.Linux;

/// <summary>The door, with the real program behind it where it is built, and nobody behind it otherwise.</summary>
public sealed class ExecDoorTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

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

    [Theory]
    [InlineData(false, "came")]
    [InlineData(true, "")]
    public async Task Order_is_followed_only_while_its_agent_is_there(bool goneBefore, string written)
    {
        var (door, theirs) = SocketPair.Create();
        using var ours = door;
        using var home = new TemporaryDirectory();
        using var output = AppendFile.Open(Path.Combine(home.Path, "log"));
        using var gate = new Gate();
        var program = Path.Combine(AppContext.BaseDirectory, "nodeagent-vm");
        using var behind = ChildProcess.Start(new ChildProcessOptions
        {
            Path = "/bin/sh",
            Arguments = ["-c", $"read go <&4; exec {program} launch <&3"],
            Environment = [$"PATH={Environment.GetEnvironmentVariable("PATH")}", $"DOTNET_ROOT={Environment.GetEnvironmentVariable("DOTNET_ROOT")}", $"HOME={home.Path}"],
            Descriptors = [theirs, gate.ChildEnd],
        });
        theirs.Dispose();
        var order = new ExecOrder { Path = "/bin/sh", Arguments = ["-c", "printf came"], Environment = [], Output = output, Descriptors = [] };
        var passing = ExecDoor.PassAsync(door, order, Ct);
        if (goneBefore)
        {
            // The whole order is on its way, as with an agent that is killed while it waits for it to be taken.
            door.Dispose();
        }

        gate.Open();
        (await ExitWatch.WaitAsync(behind).WaitAsync(Patience, Ct)).ExitCode.ShouldBe(goneBefore ? ExecEntry.Abandoned : 0);
        await passing;
        File.ReadAllText(Path.Combine(home.Path, "log")).ShouldBe(written);
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
