using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Bindings.Qmp;

namespace NodeAgent.Tests.Bindings.Qmp;

/// <summary>A QEMU, or FakeQemu, that connects its monitors to sockets of ours; nothing of it outlives the test.</summary>
internal sealed class QemuProcess : IAsyncDisposable
{
    public const string Real = "/usr/bin/qemu-system-x86_64";

    private readonly Process _process;
    private readonly DirectoryInfo _directory;

    private QemuProcess(Process process, DirectoryInfo directory, QmpConnection[] monitors)
    {
        _process = process;
        _directory = directory;
        Monitors = monitors;
    }

    public static string Fake => Path.Combine(AppContext.BaseDirectory, "fakeqemu");

    public IReadOnlyList<QmpConnection> Monitors { get; }

    public QmpConnection Qmp => Monitors[0];

    public int Id => _process.Id;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The real one; the test is skipped where there is none.</summary>
    public static Task<QemuProcess> StartRealAsync(params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(Real), $"{Real} is not installed");
        return StartAsync(Real, null, QmpLimits.Default, 1, ["-nodefaults", "-display", "none", "-S", .. arguments]);
    }

    public static Task<QemuProcess> StartFakeAsync(string script, params string[] arguments) =>
        StartAsync(Fake, script, QmpLimits.Default, 1, arguments);

    public static async Task<QemuProcess> StartAsync(
        string binary, string? script, QmpLimits limits, int monitors, string[] arguments)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("nodeagent-qmp-");
        var start = new ProcessStartInfo(binary, arguments) { RedirectStandardError = true };
        if (script is not null)
        {
            start.Environment["FAKEQEMU_SCRIPT"] = Path.Combine(directory.FullName, "script.json");
            await File.WriteAllTextAsync(start.Environment["FAKEQEMU_SCRIPT"]!, script, Ct);
        }

        var listeners = new List<Socket>();
        for (int i = 0; i < monitors; i++)
        {
            string path = Path.Combine(directory.FullName, $"qmp{i}");
            var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            listeners.Add(listener);
            start.ArgumentList.Add("-chardev");
            start.ArgumentList.Add($"socket,id=qmp{i},path={path}");
            start.ArgumentList.Add("-mon");
            start.ArgumentList.Add($"chardev=qmp{i},mode=control");
        }

        Process process = Process.Start(start)!;
        try
        {
            Task<QmpConnection>[] opening = [.. listeners.Select(listener => OpenAsync(listener, limits))];
            return new QemuProcess(process, directory, await Task.WhenAll(opening).WaitAsync(QmpPeer.Long, Ct));
        }
        catch
        {
            await EndAsync(process, directory);
            throw;
        }
    }

    /// <summary>Waits for the end of the process and returns its status, 128 and more for a signal.</summary>
    public async Task<(int Status, string LastWords)> ExitAsync()
    {
        string words = await _process.StandardError.ReadToEndAsync(Ct).WaitAsync(QmpPeer.Long, Ct);
        await _process.WaitForExitAsync(Ct).WaitAsync(QmpPeer.Long, Ct);
        return (_process.ExitCode, words.Trim());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (QmpConnection monitor in Monitors)
        {
            await monitor.DisposeAsync();
        }

        await EndAsync(_process, _directory);
    }

    private static async Task<QmpConnection> OpenAsync(Socket listener, QmpLimits limits)
    {
        using (listener)
        {
            Socket socket = await listener.AcceptAsync(Ct).AsTask().WaitAsync(QmpPeer.Long, Ct);
            return await QmpConnection.OpenAsync(socket, limits, TimeProvider.System, NullLogger.Instance, Ct);
        }
    }

    private static async Task EndAsync(Process process, DirectoryInfo directory)
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
        directory.Delete(recursive: true);
    }
}
