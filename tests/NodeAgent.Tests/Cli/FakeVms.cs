using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli;

/// <summary>VMs in memory.</summary>
internal sealed class FakeVms(FakeOperations operations) : VmService.VmServiceBase
{
    public SortedDictionary<string, Vm> All { get; } = new(StringComparer.Ordinal);

    /// <summary>Every request that was received, in order.</summary>
    public ConcurrentQueue<IMessage> Requests { get; } = new();

    /// <summary>What the console says when somebody attaches.</summary>
    public string ConsoleGreeting { get; set; } = "";

    /// <summary>Ends the console from the guest's side after so many inputs.</summary>
    public int ConsoleInputs { get; set; } = int.MaxValue;

    public string ConsoleLog { get; set; } = "";

    /// <summary>What a watch sends after the marker; the stream then stays open.</summary>
    public System.Threading.Channels.Channel<WatchVmsResponse> Changes { get; } = System.Threading.Channels.Channel.CreateUnbounded<WatchVmsResponse>();

    public Vm Add(string name, VmState state = VmState.Stopped, Action<Vm>? more = null)
    {
        var vm = new Vm
        {
            Id = $"00000000-0000-0000-0000-{All.Count + 1:x12}",
            Name = name,
            Etag = "e1",
            Generation = 1,
            Spec = new VmSpec { MemoryBytes = 256 << 20, Cpu = new CpuSpec { Vcpus = 1 } },
            Status = new VmStatus { State = state, Pid = state == VmState.Running ? 4711 : 0, Revision = 1, Reason = "Created" },
        };
        more?.Invoke(vm);
        return All[name] = vm;
    }

    public T Last<T>()
        where T : IMessage => Requests.OfType<T>().Last();

    public override Task<Vm> CreateVm(CreateVmRequest request, ServerCallContext context)
    {
        Requests.Enqueue(request);
        if (All.ContainsKey(request.Vm.Name))
        {
            throw new RpcException(new Grpc.Core.Status(StatusCode.AlreadyExists, $"there is a VM '{request.Vm.Name}' already"));
        }

        if (request.Vm.Spec is null || request.Vm.Spec.MemoryBytes < 1 << 20)
        {
            throw new Google.Rpc.Status
            {
                Code = (int)StatusCode.InvalidArgument,
                Message = "the spec is not valid",
                Details =
                {
                    Any.Pack(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = "spec.memory_bytes", Description = "must be 1 MiB or more" } } }),
                    Any.Pack(new ErrorInfo { Domain = "nodeagent", Reason = "INVALID_SPEC" }),
                },
            }.ToRpcException();
        }

        var vm = request.Vm.Clone();
        vm.Status = new VmStatus { State = VmState.Stopped, Reason = "Created" };
        vm.Id = vm.Id.Length > 0 ? vm.Id : Guid.NewGuid().ToString();
        if (!request.ValidateOnly)
        {
            All[vm.Name] = vm;
        }

        return Task.FromResult(vm);
    }

    public override Task<Vm> GetVm(GetVmRequest request, ServerCallContext context)
    {
        Requests.Enqueue(request);
        return Task.FromResult(Find(request.Vm));
    }

    public override Task<ListVmsResponse> ListVms(ListVmsRequest request, ServerCallContext context)
    {
        Requests.Enqueue(request);
        var from = request.PageToken.Length == 0 ? 0 : int.Parse(request.PageToken, System.Globalization.CultureInfo.InvariantCulture);
        var page = All.Values.Skip(from).Take(request.PageSize).ToList();
        return Task.FromResult(new ListVmsResponse { Vms = { page }, NextPageToken = from + page.Count < All.Count ? $"{from + page.Count}" : "" });
    }

    public override Task<Vm> UpdateVm(UpdateVmRequest request, ServerCallContext context)
    {
        Requests.Enqueue(request);
        var now = All.Values.FirstOrDefault(v => v.Id == request.Vm.Id) ?? Find(request.Vm.Name);
        if (request.Vm.Etag.Length > 0 && request.Vm.Etag != now.Etag)
        {
            throw new RpcException(new Grpc.Core.Status(StatusCode.Aborted, "somebody was faster"));
        }

        var vm = request.Vm.Clone();
        vm.Status = new VmStatus { State = VmState.Running, PendingFields = { "spec.memory_bytes" } };
        return Task.FromResult(vm);
    }

    public override Task<Empty> DeleteVm(DeleteVmRequest request, ServerCallContext context)
    {
        Requests.Enqueue(request);
        if (!request.AllowMissing || All.ContainsKey(request.Vm))
        {
            All.Remove(Find(request.Vm).Name);
        }

        return Task.FromResult(new Empty());
    }

    public override Task<Operation> StartVm(StartVmRequest request, ServerCallContext context)
    {
        Requests.Enqueue(request);
        var vm = Find(request.Vm);
        if (vm.Status.State == VmState.Running)
        {
            throw new Google.Rpc.Status
            {
                Code = (int)StatusCode.FailedPrecondition,
                Message = $"{vm.Name} is running",
                Details =
                {
                    Any.Pack(new PreconditionFailure { Violations = { new PreconditionFailure.Types.Violation { Type = "VM_STATE", Subject = $"vms/{vm.Name}", Description = "must be stopped" } } }),
                },
            }.ToRpcException();
        }

        return Task.FromResult(operations.Begin("StartVm", vm.Name, o =>
        {
            vm.Status.State = request.Paused ? VmState.Paused : VmState.Running;
            vm.Status.Accelerator = Accelerator.Kvm;
            vm.Status.Pid = 4711;
            return FakeOperations.Succeeded(o, vm);
        }));
    }

    public override Task<Operation> StopVm(StopVmRequest request, ServerCallContext context)
    {
        Requests.Enqueue(request);
        var vm = Find(request.Vm);
        return Task.FromResult(operations.Begin("StopVm", vm.Name, o => request.Force
            ? FakeOperations.Succeeded(o, vm)
            : FakeOperations.Failed(o, StatusCode.DeadlineExceeded, "QEMU did not answer")));
    }

    public override Task<Operation> ShutdownVm(ShutdownVmRequest request, ServerCallContext context)
    {
        Requests.Enqueue(request);
        var vm = Find(request.Vm);
        return Task.FromResult(operations.Begin("ShutdownVm", vm.Name, o => FakeOperations.Succeeded(o, vm)));
    }

    public override async Task WatchVms(WatchVmsRequest request, IServerStreamWriter<WatchVmsResponse> responseStream, ServerCallContext context)
    {
        Requests.Enqueue(request);
        foreach (var vm in All.Values)
        {
            await responseStream.WriteAsync(new WatchVmsResponse { Vm = vm });
        }

        await responseStream.WriteAsync(new WatchVmsResponse { Synced = new VmsSynced() });
        await foreach (var change in Changes.Reader.ReadAllAsync(context.CancellationToken))
        {
            await responseStream.WriteAsync(change);
        }
    }

    public override async Task StreamConsole(
        IAsyncStreamReader<StreamConsoleRequest> requestStream, IServerStreamWriter<StreamConsoleResponse> responseStream, ServerCallContext context)
    {
        NoteTicket(context);
        await requestStream.MoveNext(context.CancellationToken);
        Requests.Enqueue(requestStream.Current);
        Find(requestStream.Current.Attach.Vm);
        if (ConsoleGreeting.Length > 0)
        {
            await responseStream.WriteAsync(new StreamConsoleResponse { Output = ByteString.CopyFromUtf8(ConsoleGreeting) });
        }

        for (var i = 0; i < ConsoleInputs && await requestStream.MoveNext(context.CancellationToken); i++)
        {
            Requests.Enqueue(requestStream.Current);
            await responseStream.WriteAsync(new StreamConsoleResponse { Output = ByteString.CopyFromUtf8($"<{requestStream.Current.Input.ToStringUtf8()}>") });
        }
    }

    /// <summary>The tickets that were presented, in order; "" for none.</summary>
    public ConcurrentQueue<string> Tickets { get; } = new();

    /// <summary>Ends the display from the guest's side after so many pieces from the viewer.</summary>
    public int DisplayPieces { get; set; } = int.MaxValue;

    public override Task<AccessTicket> CreateAccessTicket(CreateAccessTicketRequest request, ServerCallContext context)
    {
        Requests.Enqueue(request);
        var vm = Find(request.Vm);
        return Task.FromResult(new AccessTicket
        {
            Ticket = "t1cket",
            VmId = vm.Id,
            VmName = vm.Name,
            Kind = request.Kind,
            ReadOnly = request.ReadOnly,
            ExpireTime = new Timestamp { Seconds = 1_800_000_000 },
        });
    }

    public override async Task StreamDisplay(
        IAsyncStreamReader<StreamDisplayRequest> requestStream, IServerStreamWriter<StreamDisplayResponse> responseStream, ServerCallContext context)
    {
        NoteTicket(context);
        await requestStream.MoveNext(context.CancellationToken);
        Find(requestStream.Current.Attach.Vm);
        await responseStream.WriteAsync(new StreamDisplayResponse { Data = ByteString.CopyFromUtf8("RFB 003.008\n") });
        for (var i = 0; i < DisplayPieces && await requestStream.MoveNext(context.CancellationToken); i++)
        {
            await responseStream.WriteAsync(new StreamDisplayResponse { Data = ByteString.CopyFromUtf8($"<{requestStream.Current.Data.ToStringUtf8()}>") });
        }
    }

    private void NoteTicket(ServerCallContext context)
    {
        var ticket = context.RequestHeaders.GetValue("nodeagent-ticket") ?? "";
        Tickets.Enqueue(ticket);
        if (ticket == "used")
        {
            throw new Google.Rpc.Status
            {
                Code = (int)StatusCode.Unauthenticated,
                Message = "The ticket was used before.",
                Details = { Any.Pack(new ErrorInfo { Domain = "nodeagent", Reason = "TICKET_USED" }) },
            }.ToRpcException();
        }
    }

    public override async Task ReadConsoleLog(ReadConsoleLogRequest request, IServerStreamWriter<ReadConsoleLogResponse> responseStream, ServerCallContext context)
    {
        Requests.Enqueue(request);
        foreach (var part in ConsoleLog.Chunk(7))
        {
            await responseStream.WriteAsync(new ReadConsoleLogResponse { Data = ByteString.CopyFromUtf8(new string(part)) });
        }
    }

    public override Task<TakeScreenshotResponse> TakeScreenshot(TakeScreenshotRequest request, ServerCallContext context) =>
        Task.FromResult(new TakeScreenshotResponse { ContentType = "image/png", Image = ByteString.CopyFrom(0x89, 0x50) });

    public override Task<Empty> SendKeys(SendKeysRequest request, ServerCallContext context)
    {
        Requests.Enqueue(request);
        return Task.FromResult(new Empty());
    }

    public override Task<RenderCommandLineResponse> RenderCommandLine(RenderCommandLineRequest request, ServerCallContext context)
    {
        Requests.Enqueue(request);
        return Task.FromResult(new RenderCommandLineResponse
        {
            Binary = "/usr/bin/qemu-system-x86_64",
            Arguments = { "-m", "256M", "-append", "console=ttyS0 quiet" },
            Accelerator = Accelerator.Tcg,
            AcceleratorReason = "KVM only emulates here",
        });
    }

    private Vm Find(string name) => All.TryGetValue(name, out var vm) ? vm
        : All.Values.FirstOrDefault(v => v.Id == name)
        ?? throw new Google.Rpc.Status
        {
            Code = (int)StatusCode.NotFound,
            Message = $"there is no VM '{name}'",
            Details = { Any.Pack(new ErrorInfo { Domain = "nodeagent", Reason = "VM_NOT_FOUND", Metadata = { ["vm"] = name } }) },
        }.ToRpcException();
}
