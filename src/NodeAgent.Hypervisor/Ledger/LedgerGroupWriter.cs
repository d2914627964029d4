using Microsoft.Extensions.Logging;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// Writes groups of batches and knows what to do when the disk takes nothing: requests fail, observed facts are kept in
/// memory and go first when it does again.
/// </summary>
internal sealed partial class LedgerGroupWriter(
    LedgerTransaction transaction, LedgerHeads heads, LedgerGauge gauge, LedgerOptions options, ILogger logger)
{
    private const int BacklogChunk = 256;
    private readonly LedgerBacklog _backlog = new(options.BacklogEventLimit);

    /// <summary>Whether the disk is to be tried again in a while.</summary>
    public bool NeedsHealing => !gauge.IsOk && gauge.Health.State != LedgerState.Damaged;

    /// <summary>Writes the group; an empty one tries whether the disk takes anything.</summary>
    public void Write(IReadOnlyList<LedgerSubmission> group)
    {
        try
        {
            DrainBacklog();
            Write([.. group.Select(static submission => submission.Batch)], group);
        }
        catch (LedgerException failure) when (group.Count > 1 && failure.Reason != LedgerReason.Damaged)
        {
            // One batch may be more than fits while the others are not.
            foreach (LedgerSubmission submission in group)
            {
                Write([submission]);
            }
        }
        catch (LedgerException failure)
        {
            Refuse(group, failure);
        }
    }

    private void DrainBacklog()
    {
        gauge.ThrowIfDamaged();
        while (!_backlog.IsEmpty)
        {
            List<LedgerBatch> chunk = _backlog.Peek(BacklogChunk);
            if (chunk.Count == 0)
            {
                Write([_backlog.LossMarker()], []);
                LogLost(logger, _backlog.Lost, _backlog.LostAudit);
                gauge.CountLost(_backlog.Lost, _backlog.LostAudit);
                _backlog.ForgetLoss();
            }
            else
            {
                Write(chunk, []);
                _backlog.Remove(chunk.Count);
            }
        }
    }

    private void Write(List<LedgerBatch> batches, IReadOnlyList<LedgerSubmission> owners)
    {
        if (batches.Count == 0 && gauge.IsOk && gauge.HasWritten)
        {
            return;
        }

        long began = gauge.Timestamp;
        (LedgerCommit? Commit, LedgerException? Failure)[] outcomes = transaction.Run(batches, out bool isSynced);
        gauge.Count(outcomes, isSynced, began);
        gauge.Report(LedgerState.Ok, null, null);
        heads.Events.Publish(transaction.LastEvent);
        heads.Audit.Publish(transaction.NewAudit);
        for (int i = 0; i < outcomes.Length; i++)
        {
            (LedgerCommit? commit, LedgerException? failure) = outcomes[i];
            if (commit is DurableCommit)
            {
                Confirm(batches[i]);
            }

            if (owners.Count == 0 && commit is not DurableCommit)
            {
                LogDropped(logger, commit is RefusedCommit refused ? refused.Refusal : failure);
            }
            else if (owners.Count > 0 && commit is not null)
            {
                owners[i].Settle(commit);
            }
            else if (owners.Count > 0 && failure is not null)
            {
                owners[i].Fail(failure);
            }
        }
    }

    private static void Confirm(LedgerBatch batch)
    {
        foreach (AppendAudit append in batch.OfType<AppendAudit>())
        {
            append.Entry?.Confirm();
        }
    }

    private void Refuse(IReadOnlyList<LedgerSubmission> group, LedgerException failure)
    {
        // Health tells of it before the answers do: whoever got one looks there next.
        bool Waits(LedgerSubmission submission) => submission.IsObserved && failure.Reason != LedgerReason.Internal;
        foreach (LedgerSubmission observed in group.Where(Waits))
        {
            _backlog.Add(observed.Batch);
        }

        LedgerState? state = failure.Reason switch
        {
            LedgerReason.DiskFull => LedgerState.Full,
            LedgerReason.DiskFailed => LedgerState.Failing,
            LedgerReason.Damaged => LedgerState.Damaged,
            _ => null,
        };
        if (state is not null)
        {
            gauge.Report(state.Value, failure.Message, _backlog);
        }

        foreach (LedgerSubmission submission in group)
        {
            if (Waits(submission))
            {
                submission.Settle(new DeferredCommit());
            }
            else
            {
                gauge.CountFailure();
                submission.Fail(failure);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} events and {Records} records of the audit log were lost while the disk took nothing")]
    private static partial void LogLost(ILogger logger, long count, long records);

    [LoggerMessage(Level = LogLevel.Error, Message = "A fact that waited for the disk contradicts the ledger and was dropped: {Cause}")]
    private static partial void LogDropped(ILogger logger, object? cause);
}
