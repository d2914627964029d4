using System.Collections.Immutable;

namespace NodeAgent.Configuration;

/// <summary>The options in force. Readers take <see cref="Current"/> each time they need it; a reload swaps it whole.</summary>
internal sealed class LiveOptions(AgentOptions initial)
{
    private readonly Lock _gate = new();
    private ImmutableArray<Action<AgentOptions>> _observers = [];
    private AgentOptions _current = initial;

    /// <summary>The options now.</summary>
    public AgentOptions Current => Volatile.Read(ref _current);

    /// <summary>Calls <paramref name="observer"/> now, and again after each reload, in order.</summary>
    public void Observe(Action<AgentOptions> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        lock (_gate)
        {
            _observers = _observers.Add(observer);
            observer(_current);
        }
    }

    /// <summary>Puts in force what can be without a restart.</summary>
    /// <returns>The keys that changed and took effect, and those that wait for a restart.</returns>
    public (ImmutableArray<ConfigKey> Changed, ImmutableArray<ConfigKey> Pending) Swap(AgentOptions next)
    {
        ArgumentNullException.ThrowIfNull(next);
        lock (_gate)
        {
            // What needs a restart stays as it is, and so does what takes its default from it.
            var live = ConfigSchema.Keys.Where(key => !key.Reloadable).Aggregate(next, (options, key) => key.Read(options, key.Show(_current)));
            ImmutableArray<ConfigKey> changed = [.. ConfigSchema.Keys.Where(key => key.Reloadable && key.Content(live) != key.Content(_current))];
            ImmutableArray<ConfigKey> pending = [.. ConfigSchema.Keys.Where(key => !key.Reloadable && key.Show(next) != key.Show(_current))];
            _current = live;
            if (!changed.IsEmpty)
            {
                foreach (var observer in _observers)
                {
                    observer(_current);
                }
            }

            return (changed, pending);
        }
    }
}
