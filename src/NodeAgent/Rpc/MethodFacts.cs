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

    // They change nothing and show, or let somebody do, what is in a guest.
    private static readonly FrozenSet<string> ReachIntoGuests =
        FrozenSet.Create(StringComparer.Ordinal, "StreamConsole", "StreamDisplay", "ReadConsoleLog", "TakeScreenshot");

    private static readonly FrozenDictionary<string, MethodFacts> All = ApiMethods.Services
        .SelectMany(service => service.Methods)
        .Select(method => new MethodFacts(method))
        .ToFrozenDictionary(facts => facts.FullName, StringComparer.Ordinal);

    private readonly FieldDescriptor? _requestId;
    private readonly FieldDescriptor? _subject;
    private readonly FieldDescriptor? _validateOnly;

    private MethodFacts(MethodDescriptor method)
    {
        FullName = $"/{method.Service.FullName}/{method.Name}";
        Name = method.Name;
        IsOurs = !method.Service.FullName.StartsWith("grpc.", StringComparison.Ordinal);
        // WaitOperation answers once, but may take as long as a stream.
        IsLong = method.IsClientStreaming || method.IsServerStreaming || Name == "WaitOperation";
        _requestId = method.InputType.FindFieldByName("request_id");
        _subject = method.InputType.FindFieldByName("vm") ?? method.InputType.FindFieldByName("name");
        _validateOnly = method.InputType.FindFieldByName("validate_only");
        IsMutation = _requestId is not null || MutationsWithoutRequestId.Contains(Name);
    }

    /// <summary>As on the wire: "/nodeagent.v1.VmService/StartVm".</summary>
    public string FullName { get; }

    /// <summary>"StartVm".</summary>
    public string Name { get; }

    /// <summary>As the policy and the audit log write it: "VmService/StartVm".</summary>
    public string ShortName => ApiMethods.ShortNameOf(FullName);

    /// <summary>Whether it is of our contract; health and reflection are not.</summary>
    public bool IsOurs { get; }

    /// <summary>Whether a call may last: it counts as a stream.</summary>
    public bool IsLong { get; }

    /// <summary>Whether it changes something.</summary>
    public bool IsMutation { get; }

    /// <summary>Whether each call of it goes on record: it changes something, or reaches into a guest.</summary>
    public bool IsAudited => IsMutation || ReachIntoGuests.Contains(Name);

    /// <summary>The facts of a method that is served.</summary>
    public static MethodFacts Of(string fullName) => All[fullName];

    /// <summary>The caller's request id, or "".</summary>
    public string RequestIdOf(object? request) => _requestId is not null && request is IMessage message ? (string)_requestId.Accessor.GetValue(message) : "";

    /// <summary>Whether the request asks only whether it would be accepted.</summary>
    public bool IsOnlyChecked(object? request) => _validateOnly is not null && request is IMessage message && (bool)_validateOnly.Accessor.GetValue(message);

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
