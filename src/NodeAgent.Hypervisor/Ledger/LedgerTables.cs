using Microsoft.Data.Sqlite;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Applies single writes to the tables, inside a transaction that somebody else begins and ends.</summary>
internal sealed class LedgerTables(LedgerDatabase database, TimeSpan keyAge, long lastEvent, AuditTail audit)
{
    private readonly LedgerStatement _insertVm = database.Prepare(VmRow.Format.InsertSql);
    private readonly LedgerStatement _replaceVm = database.Prepare(VmRow.Format.UpsertSql("id"));
    private readonly LedgerStatement _generation = database.Prepare("SELECT generation FROM vms WHERE id = $1");
    private readonly LedgerStatement _idOfName = database.Prepare("SELECT id FROM vms WHERE name = $1 AND id <> $2");
    private readonly LedgerStatement _deleteVm = database.Prepare("DELETE FROM vms WHERE id = $1");
    private readonly LedgerStatement _putRun = database.Prepare(RunRow.Format.UpsertSql("run_id"));
    private readonly LedgerStatement _deleteRun = database.Prepare("DELETE FROM vm_runs WHERE run_id = $1");
    private readonly LedgerStatement _putIntent = database.Prepare(IntentRow.Format.UpsertSql("vm_id"));
    private readonly LedgerStatement _clearIntent = database.Prepare("DELETE FROM intents WHERE vm_id = $1");
    private readonly LedgerStatement _putOperation = database.Prepare(OperationRow.Format.UpsertSql("id"));
    private readonly LedgerStatement _insertKey = database.Prepare(KeyRow.Format.InsertSql);
    private readonly LedgerStatement _deleteKey = database.Prepare(
        "DELETE FROM idempotency_keys WHERE scope = $1 AND request_id = $2");

    private readonly LedgerStatement _findKey = database.Prepare(
        $"SELECT {KeyRow.Format.ColumnList} FROM idempotency_keys WHERE scope = $1 AND request_id = $2");

    private readonly LedgerStatement _insertEvent = database.Prepare(LedgerEvent.Format.InsertSql);
    private readonly LedgerStatement _insertAudit = database.Prepare(AuditRecord.Format.InsertSql);
    private readonly LedgerStatement _putMeta = database.Prepare(MetaRow.Format.UpsertSql("key"));

    /// <summary>
    /// Number of the last event that was written, committed or not. Whoever rolls back sets it back, so that numbers
    /// have no gaps.
    /// </summary>
    public long LastEvent { get; set; } = lastEvent;

    /// <summary>Applies the write; a refusal leaves it to the caller to undo what went before it.</summary>
    public LedgerRefusal? Apply(LedgerWrite write) => write switch
    {
        InsertVm insert => Insert(insert.Vm),
        UpdateVm update => Update(update.Vm, update.ExpectedGeneration),
        DeleteVm delete => Run(_deleteVm, RowValue.Of(delete.VmId)),
        PutRun put => RequireVm(put.Run.VmId) ?? Run(_putRun, RunRow.Format.Values(put.Run)),
        DeleteRun delete => Run(_deleteRun, RowValue.Of(delete.RunId)),
        PutIntent put => RequireVm(put.Intent.VmId) ?? Run(_putIntent, IntentRow.Format.Values(put.Intent)),
        ClearIntent clear => Run(_clearIntent, RowValue.Of(clear.VmId)),
        PutOperation put => Run(_putOperation, OperationRow.Format.Values(put.Operation)),
        ClaimKey claim => Claim(claim.Key),
        SetMaintenance set => Run(_putMeta, MetaRow.Format.Values(new MetaRow(MetaRow.Maintenance, MaintenanceRow.TextOf(set.Maintenance)))),
        AppendEvent append => Append(append.Fact),
        AppendAudit append => Append(audit.Next(append.Fact)),
        _ => throw new LedgerException(LedgerReason.Internal, $"ledger: no table for {write.GetType().Name}"),
    };

    public void PutMeta(string key, string value) => Run(_putMeta, MetaRow.Format.Values(new MetaRow(key, value)));

    private static LedgerRefusal? Run(LedgerStatement statement, params ReadOnlySpan<object?> values)
    {
        statement.Run(values);
        return null;
    }

    private LedgerRefusal? Insert(VmRow vm) =>
        _generation.Scalar(RowValue.Of(vm.Id)) is not null
            ? new VmTaken(vm.Id, Name: null)
            : RequireFreeName(vm) ?? Run(_insertVm, VmRow.Format.Values(vm));

    private LedgerRefusal? Update(VmRow vm, long expectedGeneration) =>
        _generation.Scalar(RowValue.Of(vm.Id)) switch
        {
            long stored when stored == expectedGeneration =>
                RequireFreeName(vm) ?? Run(_replaceVm, VmRow.Format.Values(vm)),
            long stored => new VmChanged(vm.Id, stored),
            _ => new VmMissing(vm.Id),
        };

    private VmTaken? RequireFreeName(VmRow vm) =>
        _idOfName.Scalar(vm.Name, RowValue.Of(vm.Id)) is string id ? new VmTaken(RowValue.Id(id), vm.Name) : null;

    private VmMissing? RequireVm(Guid id) => _generation.Scalar(RowValue.Of(id)) is null ? new VmMissing(id) : null;

    private LedgerRefusal? Claim(KeyRow key)
    {
        using (SqliteDataReader reader = _findKey.Query(key.Scope, key.RequestId))
        {
            if (reader.Read())
            {
                KeyRow winner = KeyRow.Format.TryRead(reader) ?? throw new LedgerException(
                    LedgerReason.Internal, "ledger: the stored use of this request id is unreadable; use another one");
                if (winner.Created > key.Created - keyAge)
                {
                    return new KeyTaken(winner, IsConflict: !winner.IsSameRequest(key));
                }
            }
        }

        _deleteKey.Run(key.Scope, key.RequestId);
        return Run(_insertKey, KeyRow.Format.Values(key));
    }

    private LedgerRefusal? Append(EventDraft fact)
    {
        Run(_insertEvent, LedgerEvent.Format.Values(new LedgerEvent(LastEvent + 1, fact)));
        LastEvent++;
        return null;
    }

    private LedgerRefusal? Append(AuditRecord record)
    {
        Run(_insertAudit, AuditRecord.Format.Values(record));
        audit.Add(record);
        return null;
    }
}
