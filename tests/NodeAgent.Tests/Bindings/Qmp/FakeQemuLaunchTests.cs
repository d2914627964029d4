using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;

namespace NodeAgent.Tests.Bindings.Qmp;

/// <summary>FakeQemu, and QEMU, started as the agent does: connected before exec, listening descriptors handed over.</summary>
public sealed class FakeQemuLaunchTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nodeagent-fake-");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task FakeQemu_listens_on_descriptors_and_finds_the_script_beside_itself()
    {
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory, "fakeqemu*"))
        {
            File.Copy(file, Path.Combine(_directory.FullName, Path.GetFileName(file)));
        }

        await File.WriteAllTextAsync(
            Path.Combine(_directory.FullName, "fakeqemu.script.json"),
            """[{"on": "cont", "vm": "web", "do": "error", "description": "said the script"}]""",
            Ct);
        await ServeTwoClientsAsync(Path.Combine(_directory.FullName, "fakeqemu"), "said the script");
    }

    [Fact]
    public async Task QEMU_is_used_in_the_same_way()
    {
        Assert.SkipUnless(File.Exists(QemuProcess.Real), $"{QemuProcess.Real} is not installed");
        await ServeTwoClientsAsync(QemuProcess.Real, refusal: null);
    }

    private async Task ServeTwoClientsAsync(string binary, string? refusal)
    {
        string path = Path.Combine(_directory.FullName, "qmp.sock");
        using SafeFileHandle listener = UnixListener.Listen(path);
        Task<QmpConnection> opening = OpenAsync(UnixListener.Connect(path));
        using PidFd process = ChildProcess.Start(new ChildProcessOptions
        {
            Path = binary,
            Arguments =
            [
                "-machine", "none", "-nodefaults", "-no-user-config", "-display", "none", "-S", "-name", "web",
                "-chardev", "socket,id=qmp,fd=3,server=on,wait=off", "-mon", "chardev=qmp,mode=control",
            ],
            Environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
            Descriptors = [listener],
        });
        try
        {
            QmpConnection first = await opening.WaitAsync(QmpPeer.Long, Ct);
            await first.DisposeAsync();
            await using QmpConnection second = await OpenAsync(UnixListener.Connect(path)).WaitAsync(QmpPeer.Long, Ct);
            Task continuing = second.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
            if (refusal is null)
            {
                await continuing;
            }
            else
            {
                (await Should.ThrowAsync<QmpException>(() => continuing)).Description.ShouldBe(refusal);
            }

            await second.ExecuteAsync(QmpCommands.Quit, QmpPeer.Long, Ct);
            (await second.Closed.WaitAsync(QmpPeer.Long, Ct)).ShouldBe(QmpCloseReason.PeerClosed);
        }
        finally
        {
            process.Send(PidFd.Kill);
            process.ReadExit();
        }
    }

    private static Task<QmpConnection> OpenAsync(Socket socket) =>
        QmpConnection.OpenAsync(socket, QmpLimits.Default, TimeProvider.System, NullLogger.Instance, Ct);
}
