using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Bindings.Bus;

namespace NodeAgent.Tests.Bindings.Bus;

/// <summary>A dbus-daemon of a test's own; nothing of it outlives the test.</summary>
internal sealed class PrivateBus : IAsyncDisposable
{
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private const string Binary = "/usr/bin/dbus-daemon";

    private readonly TemporaryDirectory _directory = new();
    private Process? _daemon;

    public string Address => $"unix:path={Path.Combine(_directory.Path, "bus")}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Starts one; the test is skipped where that cannot be.</summary>
    public static async Task<PrivateBus> StartAsync()
    {
        Assert.SkipUnless(File.Exists(Binary), $"{Binary} is not installed");
        Assert.SkipUnless(BusConnection.IsAvailable, "libsystemd is not installed");
        var bus = new PrivateBus();
        await bus.ReviveAsync();
        return bus;
    }

    public BusConnection Open(TimeProvider? time = null, TimeSpan? timeout = null) => BusConnection.Open(
        new BusOptions { Address = Address, CallTimeout = timeout ?? Long }, time ?? TimeProvider.System, NullLogger.Instance);

    /// <summary>A connection that is there already.</summary>
    public async Task<BusConnection> ConnectAsync()
    {
        var connection = Open();
        await connection.WaitConnectedAsync(Long, Ct);
        return connection;
    }

    /// <summary>Starts the daemon again, at the same address.</summary>
    public async Task ReviveAsync()
    {
        File.Delete(Path.Combine(_directory.Path, "bus"));
        _daemon = Process.Start(new ProcessStartInfo(Binary, ["--session", "--nofork", "--nopidfile", $"--address={Address}", "--print-address=1"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        (await _daemon.StandardOutput.ReadLineAsync(Ct).AsTask().WaitAsync(Long, Ct)).ShouldNotBeNull(await ErrorAsync());
    }

    public async Task KillAsync()
    {
        _daemon!.Kill();
        await _daemon.WaitForExitAsync(CancellationToken.None);
        _daemon.Dispose();
        _daemon = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_daemon is not null)
        {
            await KillAsync();
        }

        _directory.Dispose();
    }

    private async Task<string> ErrorAsync() => _daemon!.HasExited ? await _daemon.StandardError.ReadToEndAsync(Ct) : "";
}
