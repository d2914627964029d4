using System.Runtime.InteropServices;
using System.Text.Json;

namespace NodeAgent.Bindings.Qmp;

/// <summary>A command between the call and its reply. <see cref="CommandQueue"/> owns its place in line.</summary>
internal abstract class PendingCommand(string name, QmpLane lane, ReadOnlyMemory<byte> frame, SafeHandle? descriptor)
{
    public string Name { get; } = name;

    public QmpLane Lane { get; } = lane;

    /// <summary>The whole line to send.</summary>
    public ReadOnlyMemory<byte> Frame { get; } = frame;

    /// <summary>A file descriptor that travels with the line.</summary>
    public SafeHandle? Descriptor { get; } = descriptor;

    public required long Id { get; init; }

    /// <summary>Nobody waits any more, but QEMU still has it. Guarded by the queue's lock.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>Completes it with the JSON text of <c>return</c>. Never throws.</summary>
    public abstract void Return(ReadOnlySpan<byte> json);

    /// <summary>Completes it with a failure. Never throws.</summary>
    public abstract void Fail(Exception failure);
}

/// <inheritdoc />
internal sealed class PendingCommand<TArguments, TResult>(
    QmpCommand<TArguments, TResult> command, QmpLane lane, ReadOnlyMemory<byte> frame, SafeHandle? descriptor)
    : PendingCommand(command.Name, lane, frame, descriptor)
{
    // The caller's code must not run on the read loop.
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TResult> Completion => _completion.Task;

    public override void Return(ReadOnlySpan<byte> json)
    {
        try
        {
            _completion.TrySetResult(
                JsonSerializer.Deserialize(json, command.Result) ?? throw new JsonException("the result is null"));
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or NotSupportedException)
        {
            Fail(new QmpException(
                QmpError.ProtocolError,
                $"{Name}: the reply has not the shape that was expected: {malformed.Message}",
                mayHaveRun: true,
                malformed));
        }
    }

    public override void Fail(Exception failure) => _completion.TrySetException(failure);
}
