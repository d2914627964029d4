using Microsoft.Data.Sqlite;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// Reads beside the writer, one read at a time: who waits does so without a thread, and a slow disk holds one thread.
/// </summary>
internal sealed class LedgerReader(LedgerDatabase database, LedgerGauge gauge) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly SemaphoreSlim _turn = new(1);
    private bool _isClosed;

    /// <summary>A statement for use inside <see cref="ReadAsync"/>.</summary>
    public LedgerStatement Prepare(string sql) => database.Prepare(sql);

    /// <summary>Runs a read.</summary>
    /// <exception cref="LedgerException">The file is damaged, the disk fails, or the ledger is closed.</exception>
    public async Task<T> ReadAsync<T>(Func<T> read, CancellationToken cancellationToken)
    {
        if (!await _turn.WaitAsync(Patience, cancellationToken))
        {
            throw new LedgerException(LedgerReason.DiskFailed, "ledger: an earlier read does not end");
        }

        try
        {
            return _isClosed ? throw new LedgerException(LedgerReason.Closed, "ledger: closed") : read();
        }
        catch (SqliteException error)
        {
            LedgerException failure = LedgerException.From(error);
            if (failure.Reason == LedgerReason.Damaged)
            {
                gauge.Suspect(failure);
            }

            throw failure;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Waits for the read that runs; later ones are refused.</summary>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        _isClosed = true;
        _turn.Release();
    }
}
