using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli;

/// <summary>Operations that end after they were waited for a number of times, or when the test says so.</summary>
internal sealed class FakeOperations : LongRunning.Operations.OperationsBase
{
    private readonly ConcurrentDictionary<string, (Operation Operation, int Looks, Func<Operation, Operation> End)> _all = new();

    /// <summary>How many waits see an operation at work before it ends; int.MaxValue: it never does.</summary>
    public int LooksBeforeEnd { get; set; }

    public ConcurrentQueue<string> Cancelled { get; } = new();

    public TaskCompletionSource FirstWait { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Operation Begin(string verb, string vm, Func<Operation, Operation> end)
    {
        var id = Guid.NewGuid().ToString();
        var operation = new Operation
        {
            Name = $"operations/{id}",
            Metadata = Any.Pack(new OperationMetadata { Id = id, Verb = verb, VmName = vm, Phase = "spawn", State = OperationState.Running }),
        };
        _all[operation.Name] = (operation, 0, end);
        return operation.Clone();
    }

    public static Operation Succeeded(Operation operation, IMessage response) => Ended(operation, OperationState.Succeeded, o => o.Response = Any.Pack(response));

    public static Operation Failed(Operation operation, StatusCode code, string message) =>
        Ended(operation, OperationState.Failed, o => o.Error = new Google.Rpc.Status { Code = (int)code, Message = message });

    public override async Task<Operation> WaitOperation(WaitOperationRequest request, ServerCallContext context)
    {
        FirstWait.TrySetResult();
        var (operation, looks, end) = Find(request.Name);
        if (!operation.Done && looks < LooksBeforeEnd)
        {
            var phase = operation.Clone();
            phase.Metadata = Any.Pack(new OperationMetadata { Id = phase.Name, Phase = $"phase-{looks}", ProgressPercent = looks * 10, State = OperationState.Running });
            _all[request.Name] = (phase, looks + 1, end);
            if (LooksBeforeEnd == int.MaxValue)
            {
                // Never ends: the call lasts as long as it may, as the real one does.
                await Task.Delay(request.Timeout?.ToTimeSpan() ?? Timeout.InfiniteTimeSpan, context.CancellationToken);
            }

            return phase;
        }

        var done = operation.Done ? operation : end(operation);
        _all[request.Name] = (done, looks, end);
        return done;
    }

    public override Task<Operation> GetOperation(GetOperationRequest request, ServerCallContext context) => Task.FromResult(Find(request.Name).Operation);

    public override Task<ListOperationsResponse> ListOperations(ListOperationsRequest request, ServerCallContext context) =>
        Task.FromResult(new ListOperationsResponse { Operations = { _all.Values.Select(o => o.Operation) } });

    public override Task<Empty> CancelOperation(CancelOperationRequest request, ServerCallContext context)
    {
        Cancelled.Enqueue(Find(request.Name).Operation.Name);
        return Task.FromResult(new Empty());
    }

    private (Operation Operation, int Looks, Func<Operation, Operation> End) Find(string name) =>
        _all.TryGetValue(name, out var found) ? found : throw new RpcException(new Status(StatusCode.NotFound, $"there is no operation {name}"));

    private static Operation Ended(Operation operation, OperationState state, Action<Operation> result)
    {
        var done = operation.Clone();
        var metadata = done.Metadata.Unpack<OperationMetadata>();
        metadata.State = state;
        metadata.ProgressPercent = 100;
        done.Metadata = Any.Pack(metadata);
        done.Done = true;
        result(done);
        return done;
    }
}
