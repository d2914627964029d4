using System.Net.Sockets;
using Grpc.Net.Client;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.Benchmarks;

/// <summary>What is asked of an agent, wherever it runs.</summary>
internal abstract class BenchClient
{
    // Asked for, and not "auto", which takes TCG where KVM only emulates. What is compared uses the same in any case.
    private static readonly Accelerator Executes = File.Exists("/dev/kvm") ? Accelerator.Kvm : Accelerator.Tcg;

    private GrpcChannel _channel = null!;

    /// <summary>What executes the guests.</summary>
    public static string AcceleratorName => Executes is Accelerator.Kvm ? "KVM" : "TCG, for want of /dev/kvm";

    public VmService.VmServiceClient Vms { get; private set; } = null!;

    public Operations.OperationsClient Operations { get; private set; } = null!;

    /// <summary>Creates a VM that needs little.</summary>
    public Task<Vm> CreateAsync(string name) => Vms.CreateVmAsync(new CreateVmRequest
    {
        Vm = new Vm
        {
            Name = name,
            Spec = new VmSpec { Cpu = new CpuSpec { Vcpus = 1 }, MemoryBytes = 32 << 20, Machine = "pc", Accelerator = Executes, Rng = false, Balloon = false },
        },
    }).ResponseAsync;

    public async Task StartVmAsync(string name) => await EndedAsync(await Vms.StartVmAsync(new StartVmRequest { Vm = name, Paused = true }));

    public async Task StopVmAsync(string name) => await EndedAsync(await Vms.StopVmAsync(new StopVmRequest { Vm = name, Force = true }));

    public async Task DeleteAsync(string name) => await Vms.DeleteVmAsync(new DeleteVmRequest { Vm = name });

    private async Task EndedAsync(Operation operation)
    {
        var ended = operation.Done ? operation : await Operations.WaitOperationAsync(new WaitOperationRequest { Name = operation.Name });
        if (ended.Error is { } error)
        {
            throw new InvalidOperationException(error.Message);
        }
    }

    protected void Connect(string path)
    {
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancellationToken) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            },
        });
        Vms = new VmService.VmServiceClient(_channel);
        Operations = new Operations.OperationsClient(_channel);
    }

    protected void Disconnect() => _channel.Dispose();
}
