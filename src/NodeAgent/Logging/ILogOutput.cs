namespace NodeAgent.Logging;

/// <summary>Where messages go, one at a time.</summary>
internal interface ILogOutput : IDisposable
{
    /// <summary>Writes a message in its form, and waits for a reader who is slow.</summary>
    /// <exception cref="IOException">It is lost.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> message);
}
