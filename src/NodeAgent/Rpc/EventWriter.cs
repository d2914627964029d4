using Google.Protobuf.WellKnownTypes;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Rpc;

/// <summary>Events of the log as the contract's.</summary>
internal static class EventWriter
{
    public static V1.Event Write(LedgerEvent item, Guid ledgerId)
    {
        var fact = item.Fact;
        var payload = EventPayload.Parse(fact.Payload);
        var written = new V1.Event
        {
            Sequence = item.Sequence,
            Time = fact.Time.ToTimestamp(),
            Kind = fact.Kind,
            Severity = Write(payload.Severity),
            VmId = fact.VmId?.ToString() ?? "",
            VmName = payload.VmName ?? "",
            Message = payload.Message,
            Recovered = fact.Recovered,
            OperationId = fact.OperationId?.ToString() ?? "",
            RequestId = fact.RequestId ?? "",
            Caller = fact.Caller ?? "",
            Token = new EventToken(ledgerId, item.Sequence).ToString(),
        };
        if (payload.Details is { Count: > 0 } details)
        {
            written.Details = new Struct();
            foreach (var (name, value) in details)
            {
                written.Details.Fields[name] = Value.ForString(value);
            }
        }

        return written;
    }

    public static V1.EventSeverity Write(EventSeverity severity) => severity switch
    {
        EventSeverity.Info => V1.EventSeverity.Info,
        EventSeverity.Warning => V1.EventSeverity.Warning,
        EventSeverity.Error => V1.EventSeverity.Error,
        _ => throw new ArgumentOutOfRangeException(nameof(severity)),
    };
}
