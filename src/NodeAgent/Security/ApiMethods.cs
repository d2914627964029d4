using System.Collections.Immutable;
using Grpc.Reflection.V1Alpha;

namespace NodeAgent.Security;

/// <summary>Every method that the agent serves: one list for routing, reflection, health and access.</summary>
internal static class ApiMethods
{
    /// <summary>The page of metrics counts as a method, so that one policy speaks of everything.</summary>
    public const string Scrape = "/nodeagent.Metrics/Scrape";

    /// <summary>Our services and those of public interfaces that we serve.</summary>
    public static ImmutableArray<Google.Protobuf.Reflection.ServiceDescriptor> Services { get; } =
    [
        V1.NodeService.Descriptor,
        V1.VmService.Descriptor,
        V1.EventService.Descriptor,
        V1.AuditService.Descriptor,
        V1.FleetService.Descriptor,
        LongRunning.Operations.Descriptor,
        Grpc.Health.V1.Health.Descriptor,
        ServerReflection.Descriptor,
        Grpc.Reflection.V1.ServerReflection.Descriptor,
    ];

    /// <summary>As on the wire: "/nodeagent.v1.VmService/StartVm".</summary>
    public static ImmutableArray<string> All { get; } =
        [.. Services.SelectMany(service => service.Methods, (service, method) => $"/{service.FullName}/{method.Name}").Append(Scrape)];

    /// <summary>Whether there is such a method.</summary>
    public static bool IsKnown(string method) => All.Contains(method);

    /// <summary>A method's name without its package: "VmService/StartVm".</summary>
    public static string ShortNameOf(string method) => method[(method.LastIndexOf('.') + 1)..];

    /// <summary>
    /// Those that a pattern names: "*", "VmService/*", "VmService/Get*" or "VmService/GetVm", with the service's name as
    /// it is without its package.
    /// </summary>
    public static IEnumerable<string> Matching(string pattern)
    {
        if (pattern == "*")
        {
            return All;
        }

        var isPrefix = pattern.EndsWith('*');
        var wanted = isPrefix ? pattern[..^1] : pattern;
        return All.Where(method =>
        {
            var shortName = ShortNameOf(method);
            return isPrefix ? shortName.StartsWith(wanted, StringComparison.Ordinal) : shortName == wanted;
        });
    }
}
