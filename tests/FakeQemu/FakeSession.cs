using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace FakeQemu;

/// <summary>
/// A client's session on a monitor. Three loops: one reads lines, one runs in-band commands in their order (at most
/// eight wait, as in QEMU, before reading stops), one writes. Out-of-band commands are run by the reader itself.
/// </summary>
internal sealed class FakeSession(string monitor, Stream output, FakeMachine machine, FaultScript script)
{
    private const int QueuedCommands = 8;
    private const string Greeting =
        """{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "FakeQemu"}, "capabilities": ["oob"]}}""";

    private readonly FakeCommands _commands = new(machine);
    private readonly Channel<JsonObject> _inBand = Channel.CreateBounded<JsonObject>(QueuedCommands);
    private readonly Channel<Func<Task>> _writes = Channel.CreateUnbounded<Func<Task>>();
    private readonly CancellationTokenSource _end = new();
    private bool _negotiated;
    private bool _outOfBand;

    public async Task RunAsync(Stream input)
    {
        Task writing = WriteAllAsync();
        Task executing = ExecuteAllAsync();
        try
        {
            await GreetAsync();
            using var reader = new StreamReader(input, Encoding.UTF8);
            while (await reader.ReadLineAsync(_end.Token) is { } line)
            {
                await ReadAsync(line);
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ChannelClosedException)
        {
            // The client left, or the script closed on it.
        }
        finally
        {
            machine.Leave(Send);
            _inBand.Writer.TryComplete();
            _writes.Writer.TryComplete();
            await _end.CancelAsync();
            await Task.WhenAll(writing, executing);
            _end.Dispose();
        }
    }

    /// <summary>Waits until all that is due has been written.</summary>
    public Task FlushAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool queued = _writes.Writer.TryWrite(() =>
        {
            done.SetResult();
            return Task.CompletedTask;
        });
        return queued ? done.Task : Task.CompletedTask;
    }

    private async Task GreetAsync()
    {
        Fault? fault = script.Take("greeting", machine.Arguments.Name, monitor);
        await Task.Delay(fault?.Milliseconds ?? 0, _end.Token);
        switch (fault?.Do)
        {
            case FaultKind.Silence:
                break;
            case FaultKind.Hold:
                await script.HoldAsync(_end.Token);
                goto default;
            case FaultKind.Garbage:
                SendText(fault.Text + "\r\n");
                break;
            case FaultKind.HugeLine:
                SendHugeLine(fault.Bytes);
                break;
            case FaultKind.Close:
                await _end.CancelAsync();
                break;
            case FaultKind.CloseMidLine:
                CloseAfter(Greeting[..(Greeting.Length / 2)]);
                break;
            case FaultKind.Exit or FaultKind.Signal:
                await Suicide.CommitAsync(fault);
                break;
            default:
                SendText(Greeting + "\r\n");
                break;
        }
    }

    private async Task ReadAsync(string line)
    {
        JsonObject? request = null;
        try
        {
            request = JsonNode.Parse(line) as JsonObject;
        }
        catch (JsonException)
        {
            // Answered below, as QEMU does: without an id, since none could be read.
        }

        if (request is null)
        {
            Send(FakeCommands.Error("GenericError", "QMP input must be a JSON object"));
        }
        else if (request.ContainsKey("exec-oob") && _outOfBand)
        {
            await ExecuteAsync(request, (string?)request["exec-oob"] ?? "", isOutOfBand: true);
        }
        else
        {
            await _inBand.Writer.WriteAsync(request, _end.Token);
        }
    }

    private async Task ExecuteAllAsync()
    {
        try
        {
            await foreach (JsonObject request in _inBand.Reader.ReadAllAsync(_end.Token))
            {
                await ExecuteAsync(request, (string?)request["execute"] ?? "", isOutOfBand: false);
            }
        }
        catch (OperationCanceledException)
        {
            // The session ended.
        }
    }

    private async Task ExecuteAsync(JsonObject request, string name, bool isOutOfBand)
    {
        Fault? fault = script.Take(name, machine.Arguments.Name, monitor);
        JsonObject arguments = request["arguments"] as JsonObject ?? [];
        switch (fault?.Do)
        {
            case FaultKind.Silence:
                return;
            case FaultKind.Hold:
                await script.HoldAsync(_end.Token);
                break;
            case FaultKind.Stall:
                await Task.Delay(Timeout.Infinite, _end.Token);
                return;
            case FaultKind.Delay:
                await Task.Delay(fault.Milliseconds, _end.Token);
                break;
            case FaultKind.Garbage:
                SendText(fault.Text + "\r\n");
                return;
            case FaultKind.HugeLine:
                SendHugeLine(fault.Bytes);
                break;
            case FaultKind.Flood:
                SendFlood(fault);
                break;
            case FaultKind.Close:
                await _end.CancelAsync();
                return;
            case FaultKind.CloseMidLine:
                CloseAfter("""{"return": {"sta""");
                return;
            case FaultKind.Exit or FaultKind.Signal:
                await Suicide.CommitAsync(fault);
                return;
            case FaultKind.MigrationFails or FaultKind.MigrationHangs:
                machine.Migration.Trouble = fault;
                break;
            case FaultKind.Error:
                Reply(request, FakeCommands.Error(fault.Class, fault.Description));
                return;
            case FaultKind.Ignore:
                Reply(request, new JsonObject { ["return"] = new JsonObject() });
                return;
        }

        Reply(request, Run(name, arguments, isOutOfBand));
        machine.Settle();
        if (fault is not null)
        {
            _ = HappenAsync(fault);
        }
    }

    private JsonObject Run(string name, JsonObject arguments, bool isOutOfBand)
    {
        if (name == "qmp_capabilities" && !_negotiated)
        {
            _outOfBand = arguments["enable"] is JsonArray enable && enable.Any(item => (string?)item == "oob");
            _negotiated = true;
            machine.Listen(Send);
            return new JsonObject { ["return"] = new JsonObject() };
        }

        return !_negotiated
            ? FakeCommands.Error("CommandNotFound", "Expecting capabilities negotiation with 'qmp_capabilities'")
            : isOutOfBand && !FakeCommands.AllowsOutOfBand(name)
            ? FakeCommands.Error("GenericError", $"The command {name} does not support OOB")
            : _commands.Execute(name, arguments);
    }

    /// <summary>What the guest does by itself, some time after the command.</summary>
    private async Task HappenAsync(Fault fault)
    {
        await Task.Delay(fault.Milliseconds);
        switch (fault.Do)
        {
            case FaultKind.Event:
                machine.Emit(fault.Event, fault.Data);
                break;
            case FaultKind.GuestShutdown:
                machine.GuestShutdown();
                break;
            case FaultKind.GuestReset:
                machine.Reset(byGuest: true);
                break;
            case FaultKind.GuestPanic:
                machine.GuestPanic();
                break;
        }

        machine.Settle();
    }

    /// <summary>As QEMU does: the id after <c>return</c>, but before <c>error</c>.</summary>
    private void Reply(JsonObject request, JsonObject reply)
    {
        if (request["id"] is { } id)
        {
            reply.Insert(reply.ContainsKey("error") ? 0 : reply.Count, "id", id.DeepClone());
        }

        Send(reply);
    }

    private void Send(JsonObject message) => SendText(message.ToJsonString() + "\r\n");

    private void SendText(string text) => _writes.Writer.TryWrite(() => WriteAsync(text));

    private void SendHugeLine(long bytes) => _writes.Writer.TryWrite(async () =>
    {
        string chunk = new('x', 1 << 16);
        await WriteAsync("\"");
        for (long sent = 0; sent < bytes; sent += chunk.Length)
        {
            await WriteAsync(chunk);
        }

        await WriteAsync("\"\r\n");
    });

    private void SendFlood(Fault fault)
    {
        var message = new JsonObject { ["event"] = fault.Event, ["data"] = fault.Data?.DeepClone() ?? new JsonObject() };
        string line = message.ToJsonString() + "\r\n";
        _writes.Writer.TryWrite(async () =>
        {
            for (int i = 0; i < fault.Count; i++)
            {
                await WriteAsync(line);
            }
        });
    }

    private void CloseAfter(string text) => _writes.Writer.TryWrite(async () =>
    {
        await WriteAsync(text);
        await _end.CancelAsync();
    });

    private async Task WriteAsync(string text)
    {
        await output.WriteAsync(Encoding.UTF8.GetBytes(text), _end.Token);
        await output.FlushAsync(_end.Token);
    }

    private async Task WriteAllAsync()
    {
        try
        {
            await foreach (Func<Task> write in _writes.Reader.ReadAllAsync(_end.Token))
            {
                await write();
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client left; the reader notices too.
        }
    }
}
