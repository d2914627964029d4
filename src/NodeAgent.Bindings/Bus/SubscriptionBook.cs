using Microsoft.Extensions.Logging;

namespace NodeAgent.Bindings.Bus;

/// <summary>
/// Who wants which signals, and who may send them. The system bus lets anybody send anybody a signal, so that a signal
/// counts only when its sender, which the bus itself fills in, owns the name that it must come from.
/// Used only on the thread of the bus.
/// </summary>
internal sealed class SubscriptionBook(ILogger logger, Action<PendingCall> send)
{
    private const string OwnerChanged = "NameOwnerChanged";

    private readonly List<BusSubscription> _subscriptions = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _owners = new(StringComparer.Ordinal);
    private bool _isConnected;

    public void Add(BusSubscription subscription)
    {
        _subscriptions.Add(subscription);
        var isNewName = _names.Add(subscription.Sender);
        if (_isConnected)
        {
            if (isNewName)
            {
                Follow(subscription.Sender);
            }

            Begin(subscription);
        }
    }

    public void Remove(BusSubscription subscription)
    {
        if (_subscriptions.Remove(subscription) && _isConnected)
        {
            foreach (var match in subscription.Matches)
            {
                Send("RemoveMatch", match.Rule, static _ => { }, static _ => { });
            }
        }
    }

    /// <summary>A new connection: the bus knows nothing of us. What is sent here goes before everything else.</summary>
    public void Connected()
    {
        _isConnected = true;
        _owners.Clear();
        foreach (var name in _names)
        {
            Follow(name);
        }

        _subscriptions.ForEach(Begin);
    }

    public void Disconnected() => _isConnected = false;

    /// <summary>There will be no other connection.</summary>
    public void End() =>
        _subscriptions.ForEach(subscription => subscription.OnEnd?.Invoke(BusException.Disconnected("a subscription", wasSent: false)));

    /// <summary>Hands a signal to whom it is for.</summary>
    public void Take(string sender, BusSignal signal)
    {
        try
        {
            if (sender == BusCall.DaemonName)
            {
                if (signal.Member == OwnerChanged && signal.Interface == BusCall.DaemonName)
                {
                    TakeOwner(signal.Body.Text(), signal.Body.Text(), signal.Body.Text());
                }

                return;
            }

            foreach (var subscription in _subscriptions)
            {
                if (_owners.TryGetValue(subscription.Sender, out var owner) && owner == sender
                    && subscription.Matches.Any(match => match.IsFor(signal)))
                {
                    signal.Body.Rewind();
                    subscription.OnSignal(signal);
                }
            }
        }
        catch (BusException malformed)
        {
            BusLog.BadSignal(logger, signal.Member, signal.Path, malformed.Message);
        }
    }

    /// <summary>Learns the owner of a name, now and from now on; the answer comes before the first signal that needs it.</summary>
    private void Follow(string name)
    {
        var changes = new BusMatch(BusCall.DaemonName, BusCall.DaemonName, OwnerChanged) { Argument = name };
        Send("AddMatch", changes.Rule, static _ => { }, refused => LogRefusal(changes, refused));
        Send("GetNameOwner", name, body => _owners[name] = body.Text(), static _ => { });
    }

    private void Begin(BusSubscription subscription)
    {
        foreach (var match in subscription.Matches)
        {
            Send("AddMatch", match.Rule, static _ => { }, refused =>
            {
                if (LogRefusal(match, refused))
                {
                    subscription.OnEnd?.Invoke(refused);
                }
            });
        }

        Renew(subscription);
    }

    private void Renew(BusSubscription subscription)
    {
        if (subscription.Enable is { } enable)
        {
            send(new ThreadCall(enable, static _ => { }, static _ => { }, static _ => { }));
        }

        subscription.OnReset();
    }

    private void TakeOwner(string name, string before, string now)
    {
        if (!_names.Contains(name) || before == now)
        {
            return;
        }

        if (now.Length == 0)
        {
            _owners.Remove(name);
            return;
        }

        _owners[name] = now;
        _subscriptions.Where(subscription => subscription.Sender == name).ToList().ForEach(Renew);
    }

    private bool LogRefusal(BusMatch match, Exception refused)
    {
        // A connection that broke meanwhile is not a refusal: the next one asks again.
        if (refused is BusException { Failure: BusFailure.Disconnected })
        {
            return false;
        }

        BusLog.MatchRefused(logger, match.Rule, refused.Message);
        return true;
    }

    private void Send(string member, string argument, Action<BusReader> onReturn, Action<Exception> onFailure) =>
        send(new ThreadCall(BusCall.OfDaemon(member), writer => writer.Text(argument), onReturn, onFailure));
}
