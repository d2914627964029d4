using System.Text.Json;
using System.Text.Json.Serialization;

namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>
/// How QAPI is written in JSON. A member without a default is required, so that a reply without it is refused rather
/// than read as zero. The source generator wants all types of a context in one list.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = QmpMessage.MaxDepth)]
[JsonSerializable(typeof(AddClientArguments))]
[JsonSerializable(typeof(AddedFd))]
[JsonSerializable(typeof(AddFdArguments))]
[JsonSerializable(typeof(BalloonArguments))]
[JsonSerializable(typeof(BalloonInfo))]
[JsonSerializable(typeof(BlockDevice[]))]
[JsonSerializable(typeof(BlockNode[]))]
[JsonSerializable(typeof(BlockResizeArguments))]
[JsonSerializable(typeof(BlockStatsArguments))]
[JsonSerializable(typeof(BlockStatsInfo[]))]
[JsonSerializable(typeof(CommandLineOption[]))]
[JsonSerializable(typeof(CommandLineOptionsArguments))]
[JsonSerializable(typeof(CommandName[]))]
[JsonSerializable(typeof(CpuDefinition[]))]
[JsonSerializable(typeof(CpuInfo[]))]
[JsonSerializable(typeof(CpuModelExpansion))]
[JsonSerializable(typeof(CpuModelExpansionArguments))]
[JsonSerializable(typeof(DevicePropertiesArguments))]
[JsonSerializable(typeof(DisplayOptions))]
[JsonSerializable(typeof(FdSet[]))]
[JsonSerializable(typeof(GetPropertyArguments))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(KvmInfo))]
[JsonSerializable(typeof(ListPropertiesArguments))]
[JsonSerializable(typeof(ListTypesArguments))]
[JsonSerializable(typeof(MachineInfo[]))]
[JsonSerializable(typeof(MemorySizeSummary))]
[JsonSerializable(typeof(MigrationCapabilities))]
[JsonSerializable(typeof(MigrationInfo))]
[JsonSerializable(typeof(MigrationParameters))]
[JsonSerializable(typeof(MigrationUri))]
[JsonSerializable(typeof(NamedBlockNodesArguments))]
[JsonSerializable(typeof(NamedDescriptorArguments))]
[JsonSerializable(typeof(NameInfo))]
[JsonSerializable(typeof(ObjectProperty[]))]
[JsonSerializable(typeof(ObjectType[]))]
[JsonSerializable(typeof(QmpEmpty))]
[JsonSerializable(typeof(QmpVersion))]
[JsonSerializable(typeof(RemoveFdArguments))]
[JsonSerializable(typeof(RxFilterArguments))]
[JsonSerializable(typeof(RxFilterInfo[]))]
[JsonSerializable(typeof(ScreendumpArguments))]
[JsonSerializable(typeof(SendKeyArguments))]
[JsonSerializable(typeof(SetActionArguments))]
[JsonSerializable(typeof(SetLinkArguments))]
[JsonSerializable(typeof(SpiceInfo))]
[JsonSerializable(typeof(StatsArguments))]
[JsonSerializable(typeof(StatsResult[]))]
[JsonSerializable(typeof(StatusInfo))]
[JsonSerializable(typeof(TargetInfo))]
[JsonSerializable(typeof(UuidInfo))]
[JsonSerializable(typeof(VncInfo))]
[JsonSerializable(typeof(WakeupInfo))]
[JsonSerializable(typeof(YankArguments))]
[JsonSerializable(typeof(YankInstance[]))]
internal sealed partial class CommandJson : JsonSerializerContext;
