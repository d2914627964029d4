using Google.Protobuf.WellKnownTypes;
using NodeAgent.Health;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Rpc;

/// <summary>Operations as google.longrunning.Operation.</summary>
internal sealed class OperationWriter(Func<Guid, VmSnapshot?> findVm, SnapshotWriter vms, AgentLife agent)
{
    private const string Collection = "operations/";

    /// <summary>An operation's name: "operations/" and its id.</summary>
    public static string NameOf(Guid id) => Collection + id.ToString("D");

    /// <summary>The id in a name.</summary>
    /// <exception cref="RpcRefusal">It is no operation's name.</exception>
    public static Guid IdOf(string name) =>
        Guid.TryParseExact(name.StartsWith(Collection, StringComparison.Ordinal) ? name[Collection.Length..] : name, "D", out var id)
            ? id
            : throw RpcRefusal.Field("name", "Not an operation's name. Write operations/ and its id.");

    /// <summary>Writes it. The response of one that succeeded is the VM as it is now.</summary>
    public LongRunning.Operation Write(Operation operation)
    {
        var vm = operation.VmId is { } id ? findVm(id) : null;
        var written = new LongRunning.Operation
        {
            Name = NameOf(operation.Id),
            Metadata = Any.Pack(Metadata(operation, vm)),
            Done = operation.IsDone,
        };
        if (operation.Fault is { } fault)
        {
            written.Error = ErrorMapping.Status(ErrorTable.OfFault(fault), fault.Message, vm is null ? "" : vm.Definition.Name, []);
        }
        else if (operation.IsDone)
        {
            written.Response = vm is null ? Any.Pack(new Empty()) : Any.Pack(vms.Write(vm));
        }

        return written;
    }

    private V1.OperationMetadata Metadata(Operation operation, VmSnapshot? vm) => new()
    {
        Id = operation.Id.ToString(),
        Verb = operation.Verb,
        VmId = operation.VmId?.ToString() ?? "",
        VmName = vm?.Definition.Name ?? "",
        Phase = operation.Phase,
        ProgressPercent = operation.Progress,
        State = operation.State switch
        {
            OperationState.Running => V1.OperationState.Running,
            OperationState.Succeeded => V1.OperationState.Succeeded,
            OperationState.Failed => V1.OperationState.Failed,
            OperationState.Cancelled => V1.OperationState.Cancelled,
            _ => throw new ArgumentOutOfRangeException(nameof(operation)),
        },
        CreateTime = operation.Created.ToTimestamp(),
        UpdateTime = operation.Updated.ToTimestamp(),
        EndTime = operation.Ended?.ToTimestamp(),
        CancelRequested = operation.CancelRequested,
        RequestId = operation.RequestId ?? "",
        Caller = operation.Caller,
        Resumed = operation.Epoch != agent.Epoch && (operation.Ended is null || operation.Ended >= agent.StartTime),
    };
}
