namespace NodeAgent.Bindings.Bus;

/// <summary>Hands systemd's signals to those who wait for a job or a unit. One subscription serves them all.</summary>
internal sealed class UnitSignals
{
    private const string PropertiesInterface = "org.freedesktop.DBus.Properties";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<JobWatch>> _jobs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<UnitWatch>> _units = new(StringComparer.Ordinal);

    public UnitSignals() => Subscription = new BusSubscription(
        Systemd1.Name,
        [
            new BusMatch(Systemd1.Name, Systemd1.Interface, "JobRemoved") { Path = Systemd1.Path },
            new BusMatch(Systemd1.Name, Systemd1.Interface, "UnitRemoved") { Path = Systemd1.Path },
            new BusMatch(Systemd1.Name, PropertiesInterface, "PropertiesChanged") { PathNamespace = UnitPath.Root },
        ])
    {
        Enable = new BusCall(Systemd1.Name, Systemd1.Path, Systemd1.Interface, "Subscribe"),
        OnSignal = Take,
        OnReset = Reset,
    };

    public BusSubscription Subscription { get; }

    public JobWatch WatchJobs(string unit) => Add(_jobs, unit, new JobWatch());

    public void Forget(string unit, JobWatch watch) => Remove(_jobs, unit, watch);

    public UnitWatch WatchUnit(string unit) => Add(_units, UnitPath.Of(unit), new UnitWatch(unit));

    public void Forget(UnitWatch watch) => Remove(_units, UnitPath.Of(watch.Unit), watch);

    private void Take(BusSignal signal)
    {
        var body = signal.Body;
        switch (signal.Member)
        {
            case "JobRemoved":
                body.Skip("u");
                var (job, owner, result) = (body.ObjectPath(), body.Text(), body.Text());
                Find(_jobs, owner).ForEach(watch => watch.Removed(job, result));
                break;
            case "UnitRemoved":
                body.Skip("s");
                // Sent for every unit when systemd reads its configuration anew, so that it proves nothing: look.
                Find(_units, body.ObjectPath()).ForEach(watch => watch.Reset());
                break;
            case "PropertiesChanged":
                foreach (var watch in Find(_units, signal.Path))
                {
                    body.Rewind();
                    body.Skip("s");
                    watch.Change(body);
                }

                break;
            default:
                break;
        }
    }

    private void Reset()
    {
        lock (_gate)
        {
            _jobs.Values.SelectMany(watches => watches).ToList().ForEach(watch => watch.Reset());
            _units.Values.SelectMany(watches => watches).ToList().ForEach(watch => watch.Reset());
        }
    }

    private T Add<T>(Dictionary<string, List<T>> watches, string key, T watch)
    {
        lock (_gate)
        {
            if (!watches.TryGetValue(key, out var those))
            {
                watches[key] = those = [];
            }

            those.Add(watch);
            return watch;
        }
    }

    private void Remove<T>(Dictionary<string, List<T>> watches, string key, T watch)
    {
        lock (_gate)
        {
            if (watches.TryGetValue(key, out var those) && those.Remove(watch) && those.Count == 0)
            {
                watches.Remove(key);
            }
        }
    }

    private List<T> Find<T>(Dictionary<string, List<T>> watches, string key)
    {
        lock (_gate)
        {
            return watches.TryGetValue(key, out var those) ? [.. those] : [];
        }
    }
}
