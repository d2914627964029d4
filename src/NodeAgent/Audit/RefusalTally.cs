using System.Net;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Security;

namespace NodeAgent.Audit;

/// <summary>
/// Tells a refusal at once and its repeats together: after ten seconds, and where they go on after twice that, four times,
/// up to an hour. So a flood of them, or a scraper that nobody let in, neither fills the log nor pushes anything out of it.
/// Strangers are counted by themselves, so that they take no place from callers that are known.
/// </summary>
internal sealed class RefusalTally(TimeProvider time) : IDisposable
{
    /// <summary>How many kinds of refusals of known callers are told apart; what comes beyond is counted as one.</summary>
    public const int MostKinds = 256;

    /// <summary>How many kinds of refusals of strangers are.</summary>
    public const int MostKindsOfStrangers = 64;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(10), Longest = TimeSpan.FromHours(1), Idle = TimeSpan.FromMinutes(2);
    private static readonly Kind OtherCallers = new("others", "", "", "", "", ""), OtherStrangers = new("", "", "", "", "", "");

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
            if (!_counts.ContainsKey(kind) && IsFull(kind.IsStranger))
            {
                (kind, refusal) = kind.IsStranger
                    ? (OtherStrangers, OfOthers(refusal, "strangers", "Refusals of strangers from more addresses than are told apart."))
                    : (OtherCallers, OfOthers(refusal, "others", "Refusals of more callers, methods and reasons than are told apart."));
            }

            if (_counts.TryGetValue(kind, out var known))
            {
                known.Add(refusal.Time);
                return;
            }

            _counts[kind] = new Count(refusal, kind) { Due = refusal.Time + First };
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

    private static AuditDraft OfOthers(AuditDraft refusal, string who, string detail) => new(refusal.Time, AuditKind.Refusal) { Caller = who, Detail = detail };

    private bool IsFull(bool ofStrangers) =>
        _counts.Keys.Count(kind => kind.IsStranger == ofStrangers) >= (ofStrangers ? MostKindsOfStrangers : MostKinds);

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

    // Without the port, which is another one for each connection, and without the sentence, in which a time may stand. Of a
    // stranger also without what it says of itself, and by the network: it can choose another name or address each time.
    private sealed record Kind(string Caller, string Address, string Method, string Subject, string Result, string Reason)
    {
        public bool IsStranger => Caller.Length == 0;

        public static Kind Of(AuditDraft refusal) => refusal.Caller.Length == 0
            ? new("", NetworkOf(refusal.Source), refusal.Method, "", refusal.Result, refusal.Reason)
            : new(refusal.Caller, AddressOf(refusal.Source), refusal.Method, refusal.Subject, refusal.Result, refusal.Reason);

        private static string AddressOf(string source) => source.LastIndexOf(':') is > 0 and var port ? source[..port] : source;

        private static string NetworkOf(string source) => IPEndPoint.TryParse(source, out var remote) ? SourceNetwork.Of(remote) : AddressOf(source);
    }

    private sealed class Count(AuditDraft first, Kind kind)
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
                Source = kind.Address,
                Method = first.Method,
                Subject = kind.Subject,
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
