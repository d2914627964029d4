using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Audit;

/// <summary>
/// Tells a refusal at once and its repeats together: after ten seconds, and where they go on after twice that, four times,
/// up to an hour. So a flood of them, or a scraper that nobody let in, neither fills the log nor pushes anything out of it.
/// </summary>
internal sealed class RefusalTally(TimeProvider time) : IDisposable
{
    /// <summary>How many kinds of refusals are told apart; what comes beyond is counted as one.</summary>
    public const int MostKinds = 256;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(10), Longest = TimeSpan.FromHours(1), Idle = TimeSpan.FromMinutes(2);
    private static readonly Kind Others = new("", "", "", "", "", "");

    private readonly Lock _gate = new();
    private readonly Dictionary<Kind, Count> _counts = [];
    private ITimer? _timer;

    /// <summary>Takes a refusal.</summary>
    /// <param name="refusal">The refusal.</param>
    /// <param name="write">Writes a record; called with this and later ones.</param>
    public void Add(AuditDraft refusal, Action<AuditDraft> write)
    {
        lock (_gate)
        {
            var kind = Kind.Of(refusal);
            if (_counts.TryGetValue(kind, out var known) || (_counts.Count >= MostKinds && _counts.TryGetValue(kind = Others, out known)))
            {
                known.Add(refusal.Time);
                return;
            }

            var isOther = _counts.Count >= MostKinds;
            _counts[isOther ? Others : kind] = new Count(isOther ? OfOthers(refusal) : refusal) { Due = refusal.Time + First };
            _timer ??= time.CreateTimer(_ => Look(write), null, First, First);
        }

        write(refusal);
    }

    /// <summary>Tells all repeats that were not told yet.</summary>
    public void Flush(Action<AuditDraft> write)
    {
        List<AuditDraft> told;
        lock (_gate)
        {
            told = [.. _counts.Values.Where(count => count.Repeats > 0).Select(count => count.Tell())];
        }

        told.ForEach(write);
    }

    public void Dispose() => _timer?.Dispose();

    private static AuditDraft OfOthers(AuditDraft refusal) => new(refusal.Time, AuditKind.Refusal)
    {
        Caller = "others",
        Detail = "Refusals of more callers, methods and reasons than are told apart.",
    };

    private void Look(Action<AuditDraft> write)
    {
        List<AuditDraft> told = [];
        lock (_gate)
        {
            var now = time.GetUtcNow();
            foreach (var (kind, count) in _counts.ToArray())
            {
                if (count.Repeats > 0 && now >= count.Due)
                {
                    count.Span = count.Span * 2 < Longest ? count.Span * 2 : Longest;
                    count.Due = now + count.Span;
                    told.Add(count.Tell());
                }
                else if (count.Repeats == 0 && now >= count.Last + Idle)
                {
                    _counts.Remove(kind);
                }
            }

            if (_counts.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }

        told.ForEach(write);
    }

    // Without the port, which is another one for each connection, and without the sentence, in which a time may stand.
    private sealed record Kind(string Caller, string Address, string Method, string Subject, string Result, string Reason)
    {
        public static Kind Of(AuditDraft refusal) =>
            new(refusal.Caller, AddressOf(refusal.Source), refusal.Method, refusal.Subject, refusal.Result, refusal.Reason);
    }

    private static string AddressOf(string source) => source.LastIndexOf(':') is > 0 and var port ? source[..port] : source;

    private sealed class Count(AuditDraft first)
    {
        private DateTimeOffset _firstRepeat;

        public long Repeats { get; private set; }

        public DateTimeOffset Last { get; private set; } = first.Time;

        public TimeSpan Span { get; set; } = First;

        public DateTimeOffset Due { get; set; }

        public void Add(DateTimeOffset now)
        {
            _firstRepeat = Repeats++ == 0 ? now : _firstRepeat;
            Last = now;
        }

        public AuditDraft Tell()
        {
            var told = new AuditDraft(_firstRepeat, AuditKind.Refusal)
            {
                Until = Last,
                Count = Repeats,
                Caller = first.Caller,
                Source = AddressOf(first.Source),
                Method = first.Method,
                Subject = first.Subject,
                VmId = first.VmId,
                Result = first.Result,
                Reason = first.Reason,
                Detail = first.Detail,
            };
            Repeats = 0;
            return told;
        }
    }
}
