using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using NodeAgent.V1;

namespace NodeAgent.Cli.Output;

/// <summary>The messages that may stand in an Any of the contract: results and metadata of operations, details of errors.</summary>
internal static class KnownTypes
{
    /// <summary>Finds a message type by its full name.</summary>
    public static TypeRegistry Registry { get; } = TypeRegistry.FromFiles(
        VmReflection.Descriptor, OperationReflection.Descriptor, EmptyReflection.Descriptor, ErrorDetailsReflection.Descriptor);
}
