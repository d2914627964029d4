namespace NodeAgent.Bindings.Qmp.Commands;

/// <content>The machine's state, out of one QEMU and into another.</content>
public static partial class QmpCommands
{
    /// <summary>The present or last migration, in either direction.</summary>
    public static QmpCommand<QmpEmpty, MigrationInfo> QueryMigrate =>
        field ??= new("query-migrate", null, Json.MigrationInfo);

    /// <summary>Begins to send the machine's state; MIGRATION events and <see cref="QueryMigrate"/> tell of its end.</summary>
    public static QmpCommand<MigrationUri, QmpEmpty> Migrate => field ??= new("migrate", Json.MigrationUri, Json.QmpEmpty);

    /// <summary>Begins to take a machine's state, in a QEMU started with <c>-incoming defer</c>. One that cannot take it exits.</summary>
    public static QmpCommand<MigrationUri, QmpEmpty> MigrateIncoming =>
        field ??= new("migrate-incoming", Json.MigrationUri, Json.QmpEmpty);

    /// <summary>Breaks off what <see cref="Migrate"/> began. No error when there is nothing to break off.</summary>
    public static QmpCommand<QmpEmpty, QmpEmpty> MigrateCancel => field ??= new("migrate_cancel", null, Json.QmpEmpty);

    /// <summary>Says how the next migration works.</summary>
    public static QmpCommand<MigrationCapabilities, QmpEmpty> MigrateSetCapabilities =>
        field ??= new("migrate-set-capabilities", Json.MigrationCapabilities, Json.QmpEmpty);

    /// <summary>Says how fast the next migration may be.</summary>
    public static QmpCommand<MigrationParameters, QmpEmpty> MigrateSetParameters =>
        field ??= new("migrate-set-parameters", Json.MigrationParameters, Json.QmpEmpty);
}
