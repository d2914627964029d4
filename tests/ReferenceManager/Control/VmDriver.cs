using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace ReferenceManager.Control;

/// <summary>Drives a VM by its node's own API: asks for an operation, and waits for its end.</summary>
internal sealed class VmDriver(NodeConnection connection, TimeSpan timeout, TimeProvider time, CancellationToken cancellation)
{
    private readonly VmService.VmServiceClient _vms = new(connection.Invoker);
    private readonly Operations.OperationsClient _operations = new(connection.Invoker);
    private readonly DateTimeOffset _end = time.GetUtcNow() + timeout;

    public async Task<Vm> GetAsync(string vm) => await _vms.GetVmAsync(new GetVmRequest { Vm = vm }, Options());

    public async Task<Vm> CreateAsync(Vm vm) => await _vms.CreateVmAsync(new CreateVmRequest { Vm = vm, RequestId = NewId() }, Options());

    public async Task DeleteAsync(string vm) => await _vms.DeleteVmAsync(new DeleteVmRequest { Vm = vm, RequestId = NewId() }, Options());

    public async Task<Vm> StartAsync(string vm) =>
        await FinishAsync(vm, await _vms.StartVmAsync(new StartVmRequest { Vm = vm, RequestId = NewId() }, Options()));

    public async Task<Vm> ShutdownAsync(string vm) =>
        await FinishAsync(vm, await _vms.ShutdownVmAsync(new ShutdownVmRequest { Vm = vm, RequestId = NewId(), Timeout = Duration.FromTimeSpan(timeout) }, Options()));

    public async Task<Vm> StopAsync(string vm, bool force) =>
        await FinishAsync(vm, await _vms.StopVmAsync(new StopVmRequest { Vm = vm, RequestId = NewId(), Force = force }, Options()));

    // Every request carries an id: a call whose answer was lost can be made again, and nothing is done twice.
    private static string NewId() => Guid.NewGuid().ToString("D");

    private CallOptions Options() => new(deadline: _end.UtcDateTime, cancellationToken: cancellation);

    private async Task<Vm> FinishAsync(string vm, Operation operation)
    {
        while (!operation.Done)
        {
            // Answers early, with the operation as it is then, when its own time is over.
            operation = await _operations.WaitOperationAsync(
                new WaitOperationRequest { Name = operation.Name, Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)) }, Options());
        }

        return operation.Error is { } error
            ? throw new RpcException(new Grpc.Core.Status((StatusCode)error.Code, error.Message))
            : await GetAsync(vm);
    }
}
