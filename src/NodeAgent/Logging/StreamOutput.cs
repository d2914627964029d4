namespace NodeAgent.Logging;

/// <summary>A stream of lines. One write a line, so that lines of several processes on one terminal or pipe do not mix.</summary>
internal sealed class StreamOutput(Stream stream) : ILogOutput
{
    public ValueTask WriteAsync(ReadOnlyMemory<byte> message) => stream.WriteAsync(message);

    public void Dispose() => stream.Dispose();
}
