namespace NodeAgent.Bindings.Bus;

/// <summary>What systemd says of a service (org.freedesktop.systemd1(5)), all of one moment.</summary>
public sealed record UnitStatus
{
    /// <summary>Name with its suffix.</summary>
    public required string Name { get; init; }

    /// <summary><c>loaded</c>, <c>not-found</c>, <c>error</c>, …</summary>
    public string LoadState { get; init; } = "";

    /// <summary><c>active</c>, <c>activating</c>, <c>deactivating</c>, <c>inactive</c>, <c>failed</c>, …</summary>
    public string ActiveState { get; init; } = "";

    /// <summary>Finer, by the type of the unit: <c>running</c>, <c>dead</c>, <c>stop-sigterm</c>, …</summary>
    public string SubState { get; init; } = "";

    /// <summary>
    /// How the service's last run ended: <c>success</c>, <c>exit-code</c>, <c>signal</c>, <c>core-dump</c>, <c>oom-kill</c>, <c>timeout</c>,
    /// <c>watchdog</c>, <c>resources</c>, …
    /// </summary>
    public string Result { get; init; } = "";

    /// <summary>How the main process ended, as in <c>si_code</c> of waitid(2): 1 exited, 2 killed, 3 dumped; 0 it has not.</summary>
    public int ExecMainCode { get; init; }

    /// <summary>Exit status or signal number, by <see cref="ExecMainCode"/>.</summary>
    public int ExecMainStatus { get; init; }

    /// <summary>The main process; 0 when there is none.</summary>
    public uint MainPid { get; init; }

    /// <summary>32 hexadecimal digits that name this run of the unit and no other; empty when it never ran.</summary>
    public string InvocationId { get; init; } = "";

    /// <summary>Path below the root of the cgroup file system; empty when there is none.</summary>
    public string ControlGroup { get; init; } = "";

    /// <summary>The user that was allocated (DynamicUser) or looked up; <see cref="uint.MaxValue"/> when none is known.</summary>
    public uint Uid { get; init; } = uint.MaxValue;

    /// <summary>A job (start, stop, …) is queued or runs for it.</summary>
    public bool HasJob { get; init; }

    /// <summary>Nothing of it runs any more, and nothing is under way.</summary>
    public bool IsEnded => ActiveState is "inactive" or "failed";

    /// <summary>Reads one property into a copy; <c>null</c> when it is none of ours, and then nothing was read.</summary>
    internal UnitStatus? With(string property, BusReader reader) => property switch
    {
        nameof(LoadState) => this with { LoadState = Text(reader) },
        nameof(ActiveState) => this with { ActiveState = Text(reader) },
        nameof(SubState) => this with { SubState = Text(reader) },
        nameof(Result) => this with { Result = Text(reader) },
        nameof(ExecMainCode) => this with { ExecMainCode = reader.Variant("i", static body => body.Int32()) },
        nameof(ExecMainStatus) => this with { ExecMainStatus = reader.Variant("i", static body => body.Int32()) },
        "MainPID" => this with { MainPid = reader.Variant("u", static body => body.UInt32()) },
        "InvocationID" => this with { InvocationId = Convert.ToHexStringLower(reader.Variant("ay", static body => body.Bytes())) },
        nameof(ControlGroup) => this with { ControlGroup = Text(reader) },
        "UID" => this with { Uid = reader.Variant("u", static body => body.UInt32()) },
        "Job" => this with { HasJob = ReadJob(reader) },
        _ => null,
    };

    /// <summary>Reads a whole dictionary of properties.</summary>
    internal UnitStatus WithAll(BusReader reader)
    {
        var status = this;
        reader.Properties((name, body) =>
        {
            if (status.With(name, body) is not { } next)
            {
                return false;
            }

            status = next;
            return true;
        });
        return status;
    }

    private static string Text(BusReader reader) => reader.Variant("s", static body => body.Text());

    private static bool ReadJob(BusReader reader) => reader.Variant("(uo)", static body =>
    {
        body.Enter('r', "uo");
        var id = body.UInt32();
        body.Skip("o");
        body.Exit();
        return id != 0;
    });
}
