using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Simulation;

/// <summary>A node of a fleet, as a native program on directories of its own.</summary>
internal sealed class FleetNode : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _directory;
    private readonly OwnProcess _process;
    private readonly GrpcChannel _channel;

    private FleetNode(string directory, OwnProcess process)
    {
        _directory = directory;
        _process = process;
        _channel = OwnProcess.Dial(Path.Combine(directory, "run/api.sock"));
        Vms = new VmService.VmServiceClient(_channel);
        Fleet = new FleetService.FleetServiceClient(_channel);
        Operations = new Operations.OperationsClient(_channel);
    }

    public OwnProcess Process => _process;

    public VmService.VmServiceClient Vms { get; }

    public FleetService.FleetServiceClient Fleet { get; }

    public Operations.OperationsClient Operations { get; }

    /// <summary>What its manager knows it by.</summary>
    public string Id => File.ReadAllText(Path.Combine(_directory, "state/node-id")).Trim();

    public string LogFile => Path.Combine(_directory, "log");

    /// <summary>Starts one.</summary>
    public static FleetNode Launch(string program, string directory, params string[] more)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "nodeagentd.conf"), "");
        return new FleetNode(directory, OwnProcess.Start(
            program, Path.Combine(directory, "log"),
            ["--config", Path.Combine(directory, "nodeagentd.conf"), "--state-dir", Path.Combine(directory, "state"), "--run-dir", Path.Combine(directory, "run"), "--metrics-listen", "none", .. more]));
    }

    /// <summary>Waits until it has looked after its guests and answers.</summary>
    public async Task UntilReadyAsync()
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await Vms.ListVmsAsync(new ListVmsRequest { PageSize = 1 });
                return;
            }
            catch (RpcException notYet) when (notYet.StatusCode is StatusCode.Unavailable && !_process.Exited.IsCompleted && Stopwatch.GetElapsedTime(began) < Patience)
            {
                // It promises a time, not an order: until its socket is there, asking is all that anybody can do.
            }

            await Task.Delay(10);
        }
    }

    /// <summary>Joins a fleet; returns when its session is open.</summary>
    /// <returns>Milliseconds from the request.</returns>
    public async Task<double> JoinAsync(string token)
    {
        var began = Stopwatch.GetTimestamp();
        await Fleet.JoinFleetAsync(new JoinFleetRequest { Token = token });
        await UntilConnectedAsync(pause: TimeSpan.FromMilliseconds(1));
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    /// <summary>Waits until its session is open.</summary>
    /// <returns>When it was.</returns>
    public async Task<long> UntilConnectedAsync(TimeSpan pause)
    {
        var began = Stopwatch.GetTimestamp();
        while ((await Fleet.GetMembershipAsync(new GetMembershipRequest())).Session is not { Connected: true })
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException($"The node finds no manager:\n{await File.ReadAllTextAsync(LogFile)}");
            }

            await Task.Delay(pause);
        }

        return Stopwatch.GetTimestamp();
    }

    /// <summary>Creates VMs and starts them: vm-0, vm-1, …</summary>
    public async Task FillAsync(int vms)
    {
        for (var i = 0; i < vms; i++)
        {
            await Vms.CreateVmAsync(new CreateVmRequest
            {
                Vm = new Vm { Name = $"vm-{i}", Spec = new VmSpec { Cpu = new CpuSpec { Vcpus = 2 }, MemoryBytes = 1 << 30 } },
            });
            await Vms.StartVmAsync(new StartVmRequest { Vm = $"vm-{i}" });
        }
    }

    /// <summary>Waits until an operation has ended well.</summary>
    public async Task EndedAsync(Operation operation)
    {
        var ended = operation.Done ? operation : await Operations.WaitOperationAsync(new WaitOperationRequest { Name = operation.Name });
        if (ended.Error is { } error)
        {
            throw new InvalidOperationException(error.Message);
        }
    }

    /// <summary>How often it has told in its log that it has no session.</summary>
    public async Task<int> CountLossesAsync() => (await File.ReadAllLinesAsync(LogFile)).Count(line => line.Contains("No session with the manager", StringComparison.Ordinal));

    /// <summary>Has it leave in order: what it had begun, it ends.</summary>
    public Task LeaveAsync() => _process.TerminateAsync();

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _process.KillAsync();
        _process.Dispose();
    }
}
