using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>All VMs of this node, by id and by name. What it does itself is to create them; the rest is the VM's own.</summary>
/// <param name="services">What every VM uses.</param>
public sealed class VmRegistry(VmServices services)
{
    private readonly VmIndex _index = new();
    private readonly RequestTurns _creations = new();

    /// <summary>Where changes leave.</summary>
    public VmFeed Feed => services.Feed;

    /// <summary>Whether VMs may be started.</summary>
    public StartGate Gate => services.Gate;

    /// <summary>How many there are.</summary>
    public int Count => _index.Count;

    /// <summary>The VM of an id or a name.</summary>
    /// <exception cref="VmException">There is none.</exception>
    public Vm Find(string idOrName) =>
        (Guid.TryParse(idOrName, out var id) ? _index.Find(id) : null)
        ?? _index.FindByName(idOrName)
        ?? throw new VmException(VmErrorReason.NotFound, $"There is no VM '{idOrName}'.");

    /// <summary>A VM as it is now.</summary>
    /// <exception cref="VmException">There is none.</exception>
    public VmSnapshot Get(string idOrName) => Find(idOrName).Snapshot;

    /// <summary>A VM as it is now; <c>null</c> where it is no more.</summary>
    public VmSnapshot? TryGet(Guid id) => _index.Find(id)?.Snapshot;

    /// <summary>The last sample of a VM; <c>null</c> where there is none.</summary>
    public VmStats? Stats(Guid id) => _index.Find(id)?.Stats;

    /// <summary>All VMs as they are now, by name.</summary>
    public IReadOnlyList<VmSnapshot> List()
    {
        var snapshots = All.Select(vm => vm.Snapshot).ToArray();
        Array.Sort(snapshots, (a, b) => string.CompareOrdinal(a.Definition.Name, b.Definition.Name));
        return snapshots;
    }

    /// <summary>Records a new VM.</summary>
    /// <param name="draft">What is asked for; an empty id is replaced by a new one.</param>
    /// <param name="request">Who asks.</param>
    /// <param name="validateOnly">Check everything, record nothing.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="VmException">Refused.</exception>
    /// <exception cref="LedgerException">It could not be recorded.</exception>
    public async Task<VmSnapshot> CreateAsync(VmDefinition draft, RequestContext request, bool validateOnly, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(request);
        var now = services.Time.GetUtcNow();
        var definition = draft with
        {
            Id = draft.Id == Guid.Empty ? Guid.NewGuid() : draft.Id,
            Generation = 1,
            CreateTime = now,
            UpdateTime = now,
        };
        using var turn = await _creations.TakeAsync(request, cancellationToken);
        if (await RepeatAsync(request, cancellationToken) is { } earlier)
        {
            return earlier;
        }

        await CheckAsync(definition, cancellationToken);
        _index.RequireFree(definition);
        if (Count >= services.Options.MaxVms)
        {
            throw new VmException(VmErrorReason.TooManyVms, $"This node records at most {services.Options.MaxVms} VMs ([limits] max_vms); delete one first.");
        }

        if (validateOnly)
        {
            return new VmSnapshot { Definition = definition, State = new VmState.Stopped(null), StateTime = now };
        }

        return await RecordAsync(definition, request, cancellationToken);
    }

    /// <summary>Changes name, labels or spec.</summary>
    /// <exception cref="VmException">Refused.</exception>
    /// <exception cref="LedgerException">It could not be recorded.</exception>
    public async Task<VmSnapshot> UpdateAsync(
        string idOrName, string? etag, Func<VmDefinition, VmDefinition> change, RequestContext request, bool validateOnly, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        var vm = Find(idOrName);
        while (true)
        {
            // Files are looked at outside the VM's loop; what was checked is recorded only onto what it was checked against.
            var before = vm.Snapshot.Definition;
            var next = change(before);
            await CheckAsync(next, cancellationToken);
            if (next.Name != before.Name)
            {
                _index.RequireNoStray(next.Name);
            }

            if (validateOnly)
            {
                return vm.Snapshot with { Definition = next };
            }

            try
            {
                return await vm.ChangeAsync(string.IsNullOrEmpty(etag) ? before.Etag : etag, _ => next, request, cancellationToken);
            }
            catch (VmException faster) when (faster.Reason is VmErrorReason.EtagMismatch && string.IsNullOrEmpty(etag))
            {
                // The caller named no version, so the change is made to the newest.
            }
        }
    }

    /// <summary>Forgets a stopped VM; its disks stay.</summary>
    /// <exception cref="VmException">Refused.</exception>
    /// <exception cref="LedgerException">It could not be recorded.</exception>
    public async Task DeleteAsync(string idOrName, string? etag, bool allowMissing, RequestContext request, CancellationToken cancellationToken)
    {
        Vm vm;
        try
        {
            vm = Find(idOrName);
        }
        catch (VmException) when (allowMissing)
        {
            return;
        }
        catch (VmException missing) when (missing.Reason is VmErrorReason.NotFound && !string.IsNullOrEmpty(request.RequestId))
        {
            // The repeat of a delete that was done finds nothing, and that is its answer.
            if (await services.Ledger.FindKeyAsync(request.Caller, request.RequestId, cancellationToken) is { Method: "DeleteVm" })
            {
                return;
            }

            throw;
        }

        await vm.ForgetAsync(etag, request, cancellationToken);
    }

    /// <summary>Asks something of a VM; the operation is durable when this returns, and the work goes on.</summary>
    /// <exception cref="VmException">Refused.</exception>
    /// <exception cref="LedgerException">The decision could not be recorded, so nothing was done.</exception>
    public Task<Operation> ApplyAsync(string idOrName, VmVerb verb, RequestContext request, CancellationToken cancellationToken) =>
        Find(idOrName).ApplyAsync(verb, request, cancellationToken);

    /// <summary>Says how a VM would be started now, and starts nothing.</summary>
    /// <exception cref="VmException">It could not be.</exception>
    public async Task<BootContract> RenderAsync(VmDefinition definition, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(definition);
        try
        {
            return await services.Planner.PlanAsync(definition, new RunDirectory(services.Options.RunDirectory, definition.Id), cancellationToken);
        }
        catch (BootRefusedException refusal)
        {
            throw VmFault.ToException(refusal);
        }
    }

    /// <summary>Lets go of every QEMU; they run on.</summary>
    public Task LetGoAsync() => Task.WhenAll(All.Select(vm => vm.LetGoAsync()));

    /// <summary>All VMs.</summary>
    internal IEnumerable<Vm> All => _index.All;

    /// <summary>Takes in a VM that is on record already.</summary>
    internal Vm Add(VmDefinition definition, RunRecord? lastRun, VmState initial)
    {
        var vm = new Vm(definition, lastRun, initial, services, _index);
        _index.Add(vm, definition);
        return vm;
    }

    /// <summary>Takes in a QEMU that nobody has on record. Its id and name are taken for as long as it is shown.</summary>
    internal Vm AddStray(VmDefinition definition, string why)
    {
        // What it says of itself takes nothing from a VM that is on record.
        var free = _index.Find(definition.Id) is null ? definition : definition with { Id = Guid.NewGuid() };
        free = _index.FindByName(free.Name) is null ? free : free with { Name = $"unknown-{free.Id:N}" };
        var stray = new Vm(free, null, new VmState.Quarantined(why, ProcessProven: false), services, _index) { IsStray = true };
        _index.Add(stray, free);
        return stray;
    }

    private async Task<VmSnapshot> RecordAsync(VmDefinition definition, RequestContext request, CancellationToken cancellationToken)
    {
        var batch = new LedgerBatch(
            new InsertVm(VmRecords.ToRow(definition)),
            new AppendEvent(new EventDraft(
                definition.CreateTime, EventKinds.VmCreated, definition.Id, new EventPayload("Created.", VmName: definition.Name).ToJson())
            {
                Caller = request.Caller,
                RequestId = request.RequestId,
            }),
            request.Record(definition.CreateTime, "CreateVm", definition.Id, definition.Name));
        if (!string.IsNullOrEmpty(request.RequestId))
        {
            batch.Add(new ClaimKey(new KeyRow(
                request.Caller, request.RequestId, "CreateVm", request.Fingerprint ?? "", null, definition.Id.ToString(), definition.CreateTime)));
        }

        return await services.Ledger.CommitAsync(batch) switch
        {
            RefusedCommit { Refusal: KeyTaken } => await RepeatAsync(request, cancellationToken)
                ?? throw new VmException(VmErrorReason.RequestIdReused, "The request_id was used just now; repeat the request."),
            RefusedCommit { Refusal: var refusal } => throw VmRecords.Refused(refusal),
            _ => Add(definition, null, new VmState.Stopped(null)).Snapshot,
        };
    }

    private async Task<VmSnapshot?> RepeatAsync(RequestContext request, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(request.RequestId)
            || await services.Ledger.FindKeyAsync(request.Caller, request.RequestId, cancellationToken) is not { } key)
        {
            return null;
        }

        return key.Method == "CreateVm" && key.Fingerprint == (request.Fingerprint ?? "") && key.Response is { } id
            ? Get(id)
            : throw VmRecords.Refused(new KeyTaken(key, IsConflict: true));
    }

    private async Task CheckAsync(VmDefinition definition, CancellationToken cancellationToken)
    {
        try
        {
            var violations = await services.Planner.CheckAsync(definition, cancellationToken);
            if (!violations.IsEmpty)
            {
                throw VmFault.ToException(new BootRefusedException(BootRefusal.InvalidSpec, violations));
            }
        }
        catch (BootRefusedException refusal)
        {
            throw VmFault.ToException(refusal);
        }
    }
}
