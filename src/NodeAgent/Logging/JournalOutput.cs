using NodeAgent.Bindings.Linux;

namespace NodeAgent.Logging;

/// <summary>The journal of systemd.</summary>
internal sealed class JournalOutput(JournalSocket journal) : ILogOutput
{
    public ValueTask WriteAsync(ReadOnlyMemory<byte> message) => journal.SendAsync(message);

    public void Dispose() => journal.Dispose();
}
