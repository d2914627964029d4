using NodeAgent.Bindings.Linux;
using NodeAgent.Configuration;

namespace NodeAgent.Logging;

/// <summary>Decides where the log goes: to standard error in the configured form, or, where that is the journal, to the journal itself with all fields.</summary>
internal static class LogTarget
{
    /// <summary>Opens it.</summary>
    /// <param name="format">As configured. Whoever asks for JSON gets it, in the journal too.</param>
    /// <param name="journalStream">JOURNAL_STREAM of systemd.exec(5); <c>null</c> where there is none.</param>
    /// <param name="journalPath">Where the journal listens.</param>
    /// <param name="time">The clock.</param>
    public static LineWriter Open(LogFormat format, string? journalStream, string journalPath, TimeProvider time)
    {
        // The variable is inherited by whoever is started from a service, also when its output goes elsewhere.
        var isJournal = journalStream is not null && journalStream == DescriptorIdentity.Of(DescriptorIdentity.StandardError);
        if (format is LogFormat.Text && isJournal && JournalSocket.TryConnect(journalPath) is { } journal)
        {
            return new LineWriter(new JournalOutput(journal), JournalEntry.Of, time);
        }

        Func<LogEntry, byte[]> form = format is LogFormat.Json ? LogLine.Json : isJournal ? LogLine.Prefixed : LogLine.Text;
        return new LineWriter(new StreamOutput(Console.OpenStandardError()), form, time);
    }
}
