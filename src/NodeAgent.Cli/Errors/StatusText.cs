using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NodeAgent.Cli.Terminal;
using NodeAgent.Cli.Values;

namespace NodeAgent.Cli.Errors;

/// <summary>Tells people what a status of the agent says, with every detail that came along.</summary>
internal static class StatusText
{
    /// <summary>The status in lines: first what happened, then the details, indented. What the message says already is not said again.</summary>
    public static IEnumerable<string> Lines(Google.Rpc.Status status)
    {
        var fields = status.Details.Where(d => d.Is(BadRequest.Descriptor)).SelectMany(d => d.Unpack<BadRequest>().FieldViolations).ToList();
        // Several fields in one sentence are hard to read; a line for each is not.
        var message = fields.Count > 1 && fields.TrueForAll(f => status.Message.Contains(f.Description, StringComparison.Ordinal))
            ? $"{fields.Count} fields are wrong"
            : status.Message;
        yield return $"{SafeText.Line(message)} [{Name((StatusCode)status.Code)}]";
        foreach (var (line, essence) in status.Details.SelectMany(Detail))
        {
            if (essence.Length == 0 || !message.Contains(essence, StringComparison.Ordinal))
            {
                yield return "  " + SafeText.Line(line);
            }
        }
    }

    /// <summary>The status that an exception carries; made from the plain code and text when no details came.</summary>
    public static Google.Rpc.Status Of(RpcException exception) =>
        exception.GetRpcStatus() ?? new Google.Rpc.Status { Code = (int)exception.StatusCode, Message = exception.Status.Detail };

    /// <summary>Whether a ticket was refused, and not the caller.</summary>
    public static bool IsOfTicket(RpcException exception) =>
        Of(exception).GetDetail<ErrorInfo>()?.Reason.StartsWith("TICKET_", StringComparison.Ordinal) is true;

    /// <summary>A code by its name in the gRPC specification.</summary>
    public static string Name(StatusCode code) =>
        string.Concat(code.ToString().Select((c, i) => i > 0 && char.IsUpper(c) && code != StatusCode.OK ? $"_{c}" : c.ToString())).ToUpperInvariant();

    // Each with the part that a message may have said already; empty when it cannot have.
    private static IEnumerable<(string Line, string Essence)> Detail(Any detail)
    {
        if (detail.TryUnpack<BadRequest>(out var request))
        {
            return request.FieldViolations.Select(v => ($"{v.Field}: {v.Description}", v.Description));
        }

        if (detail.TryUnpack<PreconditionFailure>(out var precondition))
        {
            return precondition.Violations.Select(v => ($"{v.Subject}: {v.Description} ({v.Type})", v.Description));
        }

        if (detail.TryUnpack<QuotaFailure>(out var quota))
        {
            return quota.Violations.Select(v => ($"{v.Subject}: {v.Description}", v.Description));
        }

        if (detail.TryUnpack<ErrorInfo>(out var info))
        {
            var metadata = string.Concat(info.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $", {m.Key}={m.Value}"));
            return [($"reason: {info.Reason} ({info.Domain}{metadata})", "")];
        }

        if (detail.TryUnpack<RetryInfo>(out var retry))
        {
            return [($"try again in {DurationText.Format(retry.RetryDelay ?? new Duration())}", "")];
        }

        if (detail.TryUnpack<ResourceInfo>(out var resource))
        {
            return [($"{resource.ResourceType} {resource.ResourceName}: {resource.Description}", resource.Description)];
        }

        if (detail.TryUnpack<Help>(out var help))
        {
            return help.Links.Select(l => ($"{l.Description}: {l.Url}", ""));
        }

        return [];
    }
}
