using System.Text.Json;
namespace NodeAgent.Bindings.Qmp.Commands;

/// <content>What the installed binary can do; these can be asked of a <c>-machine none</c>.</content>
public static partial class QmpCommands
{
    /// <summary>The machine types.</summary>
    public static QmpCommand<QmpEmpty, MachineInfo[]> QueryMachines =>
        field ??= new("query-machines", null, Json.MachineInfoArray);

    /// <summary>The CPU models, and what this host lacks for each.</summary>
    public static QmpCommand<QmpEmpty, CpuDefinition[]> QueryCpuDefinitions =>
        field ??= new("query-cpu-definitions", null, Json.CpuDefinitionArray);

    /// <summary>What a CPU model consists of on this host.</summary>
    public static QmpCommand<CpuModelExpansionArguments, CpuModelExpansion> QueryCpuModelExpansion =>
        field ??= new("query-cpu-model-expansion", Json.CpuModelExpansionArguments, Json.CpuModelExpansion);

    /// <summary>The types of objects and devices.</summary>
    public static QmpCommand<ListTypesArguments, ObjectType[]> QomListTypes =>
        field ??= new("qom-list-types", Json.ListTypesArguments, Json.ObjectTypeArray);

    /// <summary>The properties of an object.</summary>
    public static QmpCommand<ListPropertiesArguments, ObjectProperty[]> QomList =>
        field ??= new("qom-list", Json.ListPropertiesArguments, Json.ObjectPropertyArray);

    /// <summary>The value of a property.</summary>
    public static QmpCommand<GetPropertyArguments, JsonElement> QomGet =>
        field ??= new("qom-get", Json.GetPropertyArguments, Json.JsonElement);

    /// <summary>The properties of a type of device.</summary>
    public static QmpCommand<DevicePropertiesArguments, ObjectProperty[]> DeviceListProperties =>
        field ??= new("device-list-properties", Json.DevicePropertiesArguments, Json.ObjectPropertyArray);

    /// <summary>The commands.</summary>
    public static QmpCommand<QmpEmpty, CommandName[]> QueryCommands =>
        field ??= new("query-commands", null, Json.CommandNameArray);

    /// <summary>The whole QAPI schema, about 0.3 MB of JSON, as it is.</summary>
    public static QmpCommand<QmpEmpty, JsonElement> QueryQmpSchema =>
        field ??= new("query-qmp-schema", null, Json.JsonElement);

    /// <summary>The architecture.</summary>
    public static QmpCommand<QmpEmpty, TargetInfo> QueryTarget => field ??= new("query-target", null, Json.TargetInfo);

    /// <summary>The VNC server.</summary>
    public static QmpCommand<QmpEmpty, VncInfo> QueryVnc => field ??= new("query-vnc", null, Json.VncInfo);

    /// <summary>The SPICE server.</summary>
    public static QmpCommand<QmpEmpty, SpiceInfo> QuerySpice => field ??= new("query-spice", null, Json.SpiceInfo);

    /// <summary>The local display.</summary>
    public static QmpCommand<QmpEmpty, DisplayOptions> QueryDisplayOptions =>
        field ??= new("query-display-options", null, Json.DisplayOptions);

    /// <summary>The options of the command line.</summary>
    public static QmpCommand<CommandLineOptionsArguments, CommandLineOption[]> QueryCommandLineOptions =>
        field ??= new("query-command-line-options", Json.CommandLineOptionsArguments, Json.CommandLineOptionArray);
}
