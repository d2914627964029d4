namespace NodeAgent.Configuration;

/// <summary>
/// Reads the configuration again and puts it in force where it is good; a bad one changes nothing, whatever is bad about it.
/// </summary>
internal sealed class Reloader(ConfigSources sources, LiveOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<Action<ReloadOutcome>> _observers = [];
    private ReloadOutcome? _last;

    /// <summary>What came of the last time; <c>null</c> before the first.</summary>
    public ReloadOutcome? Last => Volatile.Read(ref _last);

    /// <summary>Calls <paramref name="observer"/> after each time, in order.</summary>
    public void Observe(Action<ReloadOutcome> observer)
    {
        lock (_gate)
        {
            _observers.Add(observer);
        }
    }

    /// <summary>Reads it now.</summary>
    public ReloadOutcome Reload()
    {
        lock (_gate)
        {
            var outcome = Read();
            Volatile.Write(ref _last, outcome);
            _observers.ForEach(observer => observer(outcome));
            return outcome;
        }
    }

    private ReloadOutcome Read()
    {
        try
        {
            var result = sources.Load();
            var (changed, pending) = result.IsGood ? options.Swap(result.Options) : ([], []);
            return new ReloadOutcome(time.GetUtcNow(), [.. result.Problems], changed, pending);
        }
#pragma warning disable CA1031 // Nobody foresaw it, and no reload may end an agent that runs.
        catch (Exception error)
#pragma warning restore CA1031
        {
            var problem = new ConfigProblem(
                "configuration", null, "", $"The agent failed at it ({error.GetType().Name}: {error.Message}).", "That is a defect: report it, and undo the last change meanwhile.");
            return new ReloadOutcome(time.GetUtcNow(), [problem], [], []);
        }
    }
}
