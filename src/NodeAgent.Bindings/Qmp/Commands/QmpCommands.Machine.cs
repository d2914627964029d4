namespace NodeAgent.Bindings.Qmp.Commands;

/// <content>The running machine: its identity, its state, its vCPUs and its memory.</content>
public static partial class QmpCommands
{
    /// <summary>The version of QEMU.</summary>
    public static QmpCommand<QmpEmpty, QmpVersion> QueryVersion =>
        field ??= new("query-version", null, Json.QmpVersion);

    /// <summary>The machine's state.</summary>
    public static QmpCommand<QmpEmpty, StatusInfo> QueryStatus => field ??= new("query-status", null, Json.StatusInfo);

    /// <summary>The UUID given with <c>-uuid</c>.</summary>
    public static QmpCommand<QmpEmpty, UuidInfo> QueryUuid => field ??= new("query-uuid", null, Json.UuidInfo);

    /// <summary>The name given with <c>-name</c>.</summary>
    public static QmpCommand<QmpEmpty, NameInfo> QueryName => field ??= new("query-name", null, Json.NameInfo);

    /// <summary>The vCPUs and their threads.</summary>
    public static QmpCommand<QmpEmpty, CpuInfo[]> QueryCpusFast =>
        field ??= new("query-cpus-fast", null, Json.CpuInfoArray);

    /// <summary>Whether the machine runs on KVM.</summary>
    public static QmpCommand<QmpEmpty, KvmInfo> QueryKvm => field ??= new("query-kvm", null, Json.KvmInfo);

    /// <summary>The balloon; fails with <c>DeviceNotActive</c> when there is none.</summary>
    public static QmpCommand<QmpEmpty, BalloonInfo> QueryBalloon =>
        field ??= new("query-balloon", null, Json.BalloonInfo);

    /// <summary>Asks the guest to make its memory smaller or larger. The guest decides.</summary>
    public static QmpCommand<BalloonArguments, QmpEmpty> Balloon =>
        field ??= new("balloon", Json.BalloonArguments, Json.QmpEmpty);

    /// <summary>How much memory the machine has.</summary>
    public static QmpCommand<QmpEmpty, MemorySizeSummary> QueryMemorySizeSummary =>
        field ??= new("query-memory-size-summary", null, Json.MemorySizeSummary);

    /// <summary>What the running machine can do.</summary>
    public static QmpCommand<QmpEmpty, WakeupInfo> QueryCurrentMachine =>
        field ??= new("query-current-machine", null, Json.WakeupInfo);

    /// <summary>Statistics of the machine or its vCPUs; empty without KVM.</summary>
    public static QmpCommand<StatsArguments, StatsResult[]> QueryStats =>
        field ??= new("query-stats", Json.StatsArguments, Json.StatsResultArray);

    /// <summary>What <see cref="Yank"/> could cut. Allowed out of band.</summary>
    public static QmpCommand<QmpEmpty, YankInstance[]> QueryYank =>
        field ??= new("query-yank", null, Json.YankInstanceArray);

    /// <summary>Cuts connections in which QEMU hangs. Allowed, and meant to be used, out of band.</summary>
    public static QmpCommand<YankArguments, QmpEmpty> Yank => field ??= new("yank", Json.YankArguments, Json.QmpEmpty);
}
