using System.Collections.Frozen;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>What the contract says of a method; found once, from the descriptors.</summary>
internal sealed class MethodFacts
{
    private static readonly FrozenSet<string> MutationsWithoutRequestId =
        FrozenSet.Create(StringComparer.Ordinal, "CancelOperation", "DeleteOperation", "RefreshNode");

    private static readonly FrozenDictionary<string, MethodFacts> All = ApiMethods.Services
        .SelectMany(service => service.Methods)
        .Select(method => new MethodFacts(method))
        .ToFrozenDictionary(facts => facts.FullName, StringComparer.Ordinal);

    private readonly FieldDescriptor? _requestId;
    private readonly FieldDescriptor? _subject;

    private MethodFacts(MethodDescriptor method)
    {
        FullName = $"/{method.Service.FullName}/{method.Name}";
        Name = method.Name;
        IsOurs = !method.Service.FullName.StartsWith("grpc.", StringComparison.Ordinal);
        // WaitOperation answers once, but may take as long as a stream.
        IsLong = method.IsClientStreaming || method.IsServerStreaming || Name == "WaitOperation";
        _requestId = method.InputType.FindFieldByName("request_id");
        _subject = method.InputType.FindFieldByName("vm") ?? method.InputType.FindFieldByName("name");
        IsMutation = _requestId is not null || MutationsWithoutRequestId.Contains(Name);
    }

    /// <summary>As on the wire: "/nodeagent.v1.VmService/StartVm".</summary>
    public string FullName { get; }

    /// <summary>"StartVm".</summary>
    public string Name { get; }

    /// <summary>Whether it is of our contract; health and reflection are not.</summary>
    public bool IsOurs { get; }

    /// <summary>Whether a call may last: it counts as a stream.</summary>
    public bool IsLong { get; }

    /// <summary>Whether it changes something and goes on record.</summary>
    public bool IsMutation { get; }

    /// <summary>The facts of a method that is served.</summary>
    public static MethodFacts Of(string fullName) => All[fullName];

    /// <summary>The caller's request id, or "".</summary>
    public string RequestIdOf(object? request) => _requestId is not null && request is IMessage message ? (string)_requestId.Accessor.GetValue(message) : "";

    /// <summary>The VM that the call is about, by id or name, or "".</summary>
    public string VmOf(object? request) => _subject?.Name == "vm" ? SubjectOf(request) : "";

    /// <summary>What the call is about: a VM's id or name, an operation's name, or "".</summary>
    public string SubjectOf(object? request) => _subject is null || request is not IMessage message ? "" : _subject.Accessor.GetValue(message) switch
    {
        string text => text,
        V1.Vm vm => vm.Name.Length > 0 ? vm.Name : vm.Id,
        _ => "",
    };
}
