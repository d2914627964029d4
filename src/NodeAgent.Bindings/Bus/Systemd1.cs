namespace NodeAgent.Bindings.Bus;

/// <summary>systemd's manager, <c>org.freedesktop.systemd1(5)</c>. Every member may throw <see cref="BusException"/>.</summary>
public sealed class Systemd1
{
    internal const string Name = "org.freedesktop.systemd1";
    internal const string Path = "/org/freedesktop/systemd1";
    internal const string Interface = "org.freedesktop.systemd1.Manager";

    private readonly BusConnection _bus;
    private readonly UnitSignals _signals = new();

    /// <summary>Creates it; there should be one on a connection. Signals come from now on.</summary>
    public Systemd1(BusConnection bus)
    {
        ArgumentNullException.ThrowIfNull(bus);
        _bus = bus;
        bus.Subscribe(_signals.Subscription);
    }

    /// <summary>How long a job may take before the waiting for it ends; systemd goes on with it.</summary>
    public TimeSpan JobTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Waits for the bus, which may be away for a moment.</summary>
    /// <exception cref="BusException"><see cref="BusFailure.Disconnected"/> at the time-out.</exception>
    public Task WaitConnectedAsync(TimeSpan timeout, CancellationToken cancellationToken) => _bus.WaitConnectedAsync(timeout, cancellationToken);

    /// <summary>Whether the host is being shut down: systemd has a job for shutdown.target, or has reached it.</summary>
    /// <remarks>Asked of a connection, because whoever wants to know only this needs none of systemd's signals.</remarks>
    /// <exception cref="BusException">systemd was not reached.</exception>
    public static Task<bool> IsHostGoingDownAsync(BusConnection bus, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bus);
        return bus.CallAsync(
            new BusCall(Name, Path, "org.freedesktop.DBus.Properties", "Get"),
            static writer =>
            {
                writer.Text(Interface);
                writer.Text("SystemState");
            },
            static body => body.Variant("s", static value => value.Text()) == "stopping",
            cancellationToken);
    }

    /// <summary>Creates and starts a unit that exists only at run time.</summary>
    /// <param name="name">Name with its suffix.</param>
    /// <param name="mode">What to do with jobs in the way: <c>fail</c>, <c>replace</c>, …</param>
    /// <param name="properties">What the unit is.</param>
    /// <param name="cancellationToken">Ends the waiting; the job goes on.</param>
    /// <returns>How the job ended: <c>done</c>, <c>failed</c>, <c>canceled</c>, <c>timeout</c>, <c>dependency</c>, <c>skipped</c>.</returns>
    /// <exception cref="BusException"><see cref="BusFailure.UnitExists"/>, or any other.</exception>
    public Task<string> StartTransientUnitAsync(
        string name, string mode, IReadOnlyList<UnitProperty> properties, CancellationToken cancellationToken) =>
        RunJobAsync(name, Method("StartTransientUnit"), writer =>
        {
            writer.Text(name);
            writer.Text(mode);
            UnitProperty.AppendAll(writer, properties);
            writer.Open('a', "(sa(sv))");
            writer.Close();
        }, static status => status?.ActiveState is "active" or "reloading" ? "done" : "failed", cancellationToken);

    /// <summary>Stops a unit and waits until it has stopped.</summary>
    /// <returns>As in <see cref="StartTransientUnitAsync"/>.</returns>
    /// <exception cref="BusException"><see cref="BusFailure.NoSuchUnit"/>, or any other.</exception>
    public Task<string> StopUnitAsync(string name, string mode, CancellationToken cancellationToken) =>
        RunJobAsync(name, Method("StopUnit"), writer =>
        {
            writer.Text(name);
            writer.Text(mode);
        }, static status => status is null || status.IsEnded ? "done" : "failed", cancellationToken);

    /// <summary>Sends a signal to processes of a unit.</summary>
    /// <param name="name">The unit.</param>
    /// <param name="who"><c>main</c>, <c>control</c> or <c>all</c>.</param>
    /// <param name="signal">Its number.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task KillUnitAsync(string name, string who, int signal, CancellationToken cancellationToken) =>
        _bus.CallAsync(Method("KillUnit"), writer =>
        {
            writer.Text(name);
            writer.Text(who);
            writer.Number(signal);
        }, static _ => true, cancellationToken);

    /// <summary>Forgets that a unit failed, so that it can be collected.</summary>
    public Task ResetFailedUnitAsync(string name, CancellationToken cancellationToken) =>
        _bus.CallAsync(Method("ResetFailedUnit"), writer => writer.Text(name), static _ => true, cancellationToken);

    /// <summary>Changes properties of a unit while it runs.</summary>
    /// <param name="name">The unit.</param>
    /// <param name="runtime">Only until the next boot.</param>
    /// <param name="properties">The new values, all or none.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task SetUnitPropertiesAsync(
        string name, bool runtime, IReadOnlyList<UnitProperty> properties, CancellationToken cancellationToken) =>
        _bus.CallAsync(Method("SetUnitProperties"), writer =>
        {
            writer.Text(name);
            writer.Flag(runtime);
            UnitProperty.AppendAll(writer, properties);
        }, static _ => true, cancellationToken);

    /// <summary>What systemd says of a service now; <c>null</c> when it has no unit of that name.</summary>
    public async Task<UnitStatus?> GetUnitAsync(string name, CancellationToken cancellationToken)
    {
        var status = await LookAsync(name, static status => status, cancellationToken);
        return status.LoadState == "not-found" ? null : status;
    }

    /// <summary>The units whose state and name agree; an empty list of either admits all.</summary>
    /// <param name="states">Load, active or sub states.</param>
    /// <param name="patterns">As in a shell, for instance <c>nodeagent-vm-*.service</c>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task<IReadOnlyList<UnitSummary>> ListUnitsByPatternsAsync(
        IReadOnlyList<string> states, IReadOnlyList<string> patterns, CancellationToken cancellationToken) =>
        _bus.CallAsync<IReadOnlyList<UnitSummary>>(Method("ListUnitsByPatterns"), writer =>
        {
            writer.Texts(states);
            writer.Texts(patterns);
        }, static body =>
        {
            var units = new List<UnitSummary>();
            body.Enter('a', "(ssssssouso)");
            while (body.Enter('r', "ssssssouso"))
            {
                var name = body.Text();
                body.Skip("s");
                units.Add(new UnitSummary(name, body.Text(), body.Text(), body.Text()));
                body.Skip("souso");
                body.Exit();
            }

            body.Exit();
            return units;
        }, cancellationToken);

    /// <summary>
    /// Completes when a unit is inactive, failed or gone, however soon that was; it lives through a bus that dies and
    /// comes back. To be called after the unit was started: one that is not there has ended.
    /// </summary>
    /// <returns>The last that was seen of it, which tells how it ended; <c>null</c> when it was gone before it was seen.</returns>
    public async Task<UnitStatus?> WaitEndedAsync(string name, CancellationToken cancellationToken)
    {
        var watch = _signals.WatchUnit(name);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // A signal may tell the end while a look is still on its way.
            var looking = LookAtEachResetAsync(name, watch, over.Token);
            await await Task.WhenAny(watch.Ended, looking);
            return await watch.Ended;
        }
        finally
        {
            await over.CancelAsync();
            _signals.Forget(watch);
        }
    }

    private async Task LookAtEachResetAsync(string name, UnitWatch watch, CancellationToken cancellationToken)
    {
        while (!watch.Ended.IsCompleted)
        {
            var reset = watch.NextReset;
            if (await TryLookAsync(name, watch, cancellationToken))
            {
                await Task.WhenAny(watch.Ended, reset).WaitAsync(cancellationToken);
            }
        }
    }

    /// <summary>False: no answer in time, ask again. Where the bus went away the next reset says when.</summary>
    private async Task<bool> TryLookAsync(string name, UnitWatch watch, CancellationToken cancellationToken)
    {
        try
        {
            return await LookAsync(name, status =>
            {
                watch.Look(status);
                return true;
            }, cancellationToken);
        }
        catch (BusException failure) when (failure.Failure == BusFailure.TimedOut)
        {
            return false;
        }
        catch (BusException failure) when (failure.Failure is BusFailure.Disconnected or BusFailure.NoSuchService)
        {
            return true;
        }
    }

    private Task<T> LookAsync<T>(string name, Func<UnitStatus, T> take, CancellationToken cancellationToken) =>
        _bus.CallAsync(
            new BusCall(Name, UnitPath.Of(name), "org.freedesktop.DBus.Properties", "GetAll"),
            static writer => writer.Text(""),
            body => take(new UnitStatus { Name = name }.WithAll(body)),
            cancellationToken);

    /// <summary>Asks for a job and waits for its end. After a reset its signal may have been missed, so the unit is asked.</summary>
    private async Task<string> RunJobAsync(
        string name, BusCall call, Action<BusWriter> write, Func<UnitStatus?, string> judge, CancellationToken cancellationToken)
    {
        var watch = _signals.WatchJobs(name);
        using var timer = new CancellationTokenSource(JobTimeout, _bus.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            var job = await _bus.CallAsync(call, write, body =>
            {
                watch.Accept();
                return body.ObjectPath();
            }, cancellationToken);
            await foreach (var (path, result) in watch.Ended.ReadAllAsync(either.Token))
            {
                if (path == job)
                {
                    return result;
                }

                if (path.Length == 0 && await GetUnitAsync(name, either.Token) is not { HasJob: true } and var status)
                {
                    return judge(status);
                }
            }

            throw BusException.Disconnected($"{call}", wasSent: true);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw BusException.TimedOut($"{call}", wasSent: true);
        }
        finally
        {
            _signals.Forget(name, watch);
        }
    }

    private static BusCall Method(string member) => new(Name, Path, Interface, member);
}
