using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace NodeAgent.Security;

/// <summary>
/// Tickets: each opens one console or display of one run of a VM, once, for whoever presents it. Of a ticket its hash is
/// kept, in memory alone: what is read or dumped here opens nothing, and the agent's next life knows none of them. Time is
/// counted, not read off a clock that somebody may set.
/// </summary>
internal sealed class AccessTickets(TimeProvider time)
{
    /// <summary>How many that nobody has presented yet one caller may have, and all together.</summary>
    public const int MostOfOne = 64, MostOfAll = 1024;

    // Used and expired ones are kept for a while, to be told apart from those that never were.
    private const int MostKept = 4 * MostOfAll;
    private const int SecretBytes = 32;
    private static readonly int SecretLength = Base64Url.GetEncodedLength(SecretBytes);
    private static readonly TimeSpan Remembrance = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Ticket> _tickets = new(StringComparer.Ordinal);
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(SecretBytes);

    /// <summary>Makes a ticket, or finds the one that the same request made before.</summary>
    /// <param name="grant">What it opens.</param>
    /// <param name="lifetime">How long it waits for somebody to present it.</param>
    /// <param name="request">What stands for the request and its caller; empty for one that can't be repeated.</param>
    /// <param name="isNew">Whether it was made now.</param>
    /// <returns>The ticket; <c>null</c> where there are too many already.</returns>
    public IssuedTicket? Issue(TicketGrant grant, TimeSpan lifetime, string request, out bool isNew)
    {
        ArgumentNullException.ThrowIfNull(grant);
        // A repeat must give the same secret, which is not kept: it follows from the request, by a key that nobody has.
        var secret = Base64Url.EncodeToString(
            request.Length == 0 ? RandomNumberGenerator.GetBytes(SecretBytes) : HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(request)));
        var hash = HashOf(secret);
        lock (_gate)
        {
            isNew = !_tickets.TryGetValue(hash, out var ticket);
            if (ticket is null)
            {
                var now = time.GetTimestamp();
                Forget(now);
                var waiting = _tickets.Values.Where(one => IsWaiting(one, now)).ToList();
                if (waiting.Count >= MostOfAll || waiting.Count(one => one.Grant.Issuer == grant.Issuer) >= MostOfOne)
                {
                    return null;
                }

                _tickets[hash] = ticket = new Ticket(grant, now, lifetime, time.GetUtcNow() + lifetime);
            }

            return new IssuedTicket(secret, ticket.ExpireTime);
        }
    }

    /// <summary>Takes a ticket back that nobody was told of.</summary>
    public void Withdraw(IssuedTicket issued)
    {
        ArgumentNullException.ThrowIfNull(issued);
        lock (_gate)
        {
            _tickets.Remove(HashOf(issued.Secret));
        }
    }

    /// <summary>
    /// Uses a ticket up; of many who present it at once, one gets what it opens. One that is presented for a thing of the
    /// other kind stays as it is: that is a mistake, and nothing was opened.
    /// </summary>
    /// <param name="secret">What was presented.</param>
    /// <param name="kind">What is to be opened.</param>
    /// <param name="runOf">The run that a VM is in now; <c>null</c> where it is in none.</param>
    /// <exception cref="TicketException">It opens nothing.</exception>
    public TicketGrant Redeem(string secret, TicketKind kind, Func<Guid, Guid?> runOf)
    {
        ArgumentNullException.ThrowIfNull(secret);
        ArgumentNullException.ThrowIfNull(runOf);
        // Hashed before it is looked up, so that how long that takes says nothing of the secrets that there are.
        var hash = secret.Length == SecretLength ? HashOf(secret) : "";
        lock (_gate)
        {
            var ticket = _tickets.GetValueOrDefault(hash) ?? throw new TicketException(TicketReason.Unknown);
            if (ticket.IsUsed)
            {
                throw new TicketException(TicketReason.Used);
            }

            if (!IsWaiting(ticket, time.GetTimestamp()))
            {
                throw new TicketException(TicketReason.Expired);
            }

            if (ticket.Grant.Kind != kind)
            {
                throw new TicketException(TicketReason.Mismatch, $"The ticket is for a {(kind is TicketKind.Console ? "display, not a console" : "console, not a display")}; it is not used up.");
            }

            if (runOf(ticket.Grant.VmId) != ticket.Grant.RunId)
            {
                throw new TicketException(TicketReason.Void);
            }

            ticket.IsUsed = true;
            return ticket.Grant;
        }
    }

    /// <summary>How many are remembered, used or not.</summary>
    internal int Remembered
    {
        get
        {
            lock (_gate)
            {
                return _tickets.Count;
            }
        }
    }

    private static string HashOf(string secret) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private bool IsWaiting(Ticket ticket, long now) => !ticket.IsUsed && time.GetElapsedTime(ticket.Made, now) < ticket.Lifetime;

    private void Forget(long now)
    {
        foreach (var (hash, ticket) in _tickets.ToList())
        {
            if (time.GetElapsedTime(ticket.Made, now) >= ticket.Lifetime + Remembrance)
            {
                _tickets.Remove(hash);
            }
        }

        if (_tickets.Count >= MostKept)
        {
            // Those that wait are fewer, so there is one to forget.
            _tickets.Remove(_tickets.Where(one => !IsWaiting(one.Value, now)).MinBy(one => one.Value.Made).Key);
        }
    }

    private sealed class Ticket(TicketGrant grant, long made, TimeSpan lifetime, DateTimeOffset expireTime)
    {
        public TicketGrant Grant { get; } = grant;

        public long Made { get; } = made;

        public TimeSpan Lifetime { get; } = lifetime;

        public DateTimeOffset ExpireTime { get; } = expireTime;

        public bool IsUsed { get; set; }
    }
}
