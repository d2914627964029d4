using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Remote;

/// <summary>A well-behaved client beside an attack: how long it waits for a VM, and how large the agent grows meanwhile.</summary>
internal sealed class Bystander : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly X509Certificate2 _certificate;
    private readonly GrpcChannel _channel;
    private readonly VmService.VmServiceClient _vms;
    private readonly CancellationTokenSource _enough = new();
    private readonly List<double> _waits = [];
    private readonly int _pid;
    private Task _asking = Task.CompletedTask;

    private Bystander(Fleet fleet, int pid)
    {
        _certificate = fleet.Certificate("viewer", "bystander");
        _channel = fleet.Dial(_certificate);
        _vms = new VmService.VmServiceClient(_channel);
        _pid = pid;
    }

    /// <summary>The most that the agent held in memory, in bytes.</summary>
    public long PeakMemory { get; private set; }

    /// <summary>How often a VM was asked for.</summary>
    public int Count => _waits.Count;

    /// <summary>Begins to ask for a VM again and again.</summary>
    public static async Task<Bystander> BeginAsync(Fleet fleet, int pid, string vm)
    {
        var bystander = new Bystander(fleet, pid);
        for (var warm = 0; warm < 50; warm++)
        {
            await bystander._vms.GetVmAsync(new GetVmRequest { Vm = vm });
        }

        bystander._asking = bystander.AskAsync(vm);
        return bystander;
    }

    /// <summary>Ends the asking; an answer that was an error fails it.</summary>
    public async Task EndAsync()
    {
        await _enough.CancelAsync();
        await _asking;
    }

    /// <summary>Milliseconds that this share of the answers did not exceed.</summary>
    public double At(double share)
    {
        var sorted = _waits.Order().ToArray();
        return sorted[(int)Math.Round(share * (sorted.Length - 1))];
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _channel.Dispose();
        _certificate.Dispose();
        _enough.Dispose();
    }

    private async Task AskAsync(string vm)
    {
        while (!_enough.IsCancellationRequested)
        {
            var began = Stopwatch.GetTimestamp();
            await _vms.GetVmAsync(new GetVmRequest { Vm = vm }, deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(30));
            _waits.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            PeakMemory = Math.Max(PeakMemory, ResidentBytes());
            await Task.Delay(Pause);
        }
    }

    private long ResidentBytes() => File.ReadLines($"/proc/{_pid}/status")
        .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(line => long.Parse(line[6..^2].Trim(), System.Globalization.CultureInfo.InvariantCulture) << 10)
        .Single();
}
