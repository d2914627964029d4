using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Devices;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Qemu;

/// <summary>The installed QEMU, started with an argument list of ours the way the agent starts it; gone with the test.</summary>
internal sealed class RealQemu : IAsyncDisposable
{
    public const string Binary = "/usr/bin/qemu-system-x86_64";

    // A KVM that only emulates needs some seconds for the firmware alone.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly QemuProcess _process;
    private readonly StartChannels _channels;
    private readonly RunDirectory _directory;

    private RealQemu(QemuProcess process, StartChannels channels, RunDirectory directory)
    {
        _process = process;
        _channels = channels;
        _directory = directory;
    }

    /// <summary>The control monitor.</summary>
    public required QmpConnection Control { get; init; }

    public int Pid => _process.Identity.Pid;

    /// <summary>The second monitor.</summary>
    public required QmpConnection Observer { get; init; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static void SkipWithout() => Assert.SkipUnless(File.Exists(Binary), $"{Binary} is not installed");

    /// <summary>Whether KVM can be opened here.</summary>
    public static bool HasKvm()
    {
        try
        {
            using var device = File.Open("/dev/kvm", FileMode.Open, FileAccess.ReadWrite);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public static async Task<RealQemu> StartAsync(
        BootContract boot, IEnumerable<string> arguments, IReadOnlyList<BootFile> files, RunDirectory directory, bool withConsole)
    {
        directory.Create();
        var channels = StartChannels.Open(directory, withConsole);
        using var handed = HandedFiles.Open(files);
        var launcher = new DirectLauncher("test");
        var process = await launcher.LaunchAsync(
            new LaunchRequest
            {
                VmId = Guid.Empty,
                RunId = Guid.Empty,
                Name = "test",
                Spec = SampleVm.Plain,
                Boot = boot with { QemuBinary = Binary, Arguments = [.. arguments] },
                Descriptors = [.. channels.Descriptors, .. handed.Descriptors],
                Directory = directory,
            },
            Ct);
        channels.CloseListeners();
        try
        {
            return new RealQemu(process, channels, directory)
            {
                Control = await OpenAsync(channels.Monitor.Control),
                Observer = await OpenAsync(channels.Monitor.Observer),
            };
        }
        catch (QmpException silence)
        {
            process.Kill();
            await process.Exited;
            throw new InvalidOperationException($"{silence.Message}: {await File.ReadAllTextAsync(directory.Log, Ct)}", silence);
        }
    }

    public Task<T> AskAsync<T>(QmpCommand<QmpEmpty, T> command) => Control.ExecuteAsync(command, Patience, Ct);

    public Task<T> AskAsync<TA, T>(QmpCommand<TA, T> command, TA arguments) => Control.ExecuteAsync(command, arguments, Patience, Ct);

    /// <summary>Everything that came out of the console until a text is there.</summary>
    public async Task<string> ReadConsoleUntilAsync(string text)
    {
        var seen = new StringBuilder();
        var buffer = new byte[4096];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(Patience);
        try
        {
            while (!seen.ToString().Contains(text, StringComparison.Ordinal))
            {
                var got = await _channels.Console!.ReceiveAsync(buffer, limit.Token);
                if (got == 0)
                {
                    break;
                }

                seen.Append(Encoding.Latin1.GetString(buffer, 0, got));
            }
        }
        catch (OperationCanceledException) when (!Ct.IsCancellationRequested)
        {
            // What came is what the caller compares.
        }

        return seen.ToString();
    }

    /// <summary>What it wrote to its standard output and error.</summary>
    public Task<string> ReadLogAsync() => File.ReadAllTextAsync(_directory.Log, Ct);

    public async Task<ProcessExit> QuitAsync()
    {
        await AskAsync(QmpCommands.Quit);
        return await _process.Exited.WaitAsync(Patience, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.Exited;
        await Control.DisposeAsync();
        await Observer.DisposeAsync();
        _channels.DisposeOurEnds();
        _process.Dispose();
    }

    private static Task<QmpConnection> OpenAsync(System.Net.Sockets.Socket socket) =>
        QmpConnection.OpenAsync(socket, QmpLimits.Default, TimeProvider.System, NullLogger.Instance, Ct);
}
