namespace NodeAgent.Hypervisor.Ledger;

/// <summary>A request id that was used, and what came of it.</summary>
/// <param name="Scope">Whose request id it is: the caller's identity. Request ids of two scopes never meet.</param>
/// <param name="RequestId">The request id, chosen by the caller.</param>
/// <param name="Method">The method that was called with it.</param>
/// <param name="Fingerprint">Stands for the request's content; the same id with another content is a conflict.</param>
/// <param name="OperationId">The operation that the request began, if it began one.</param>
/// <param name="Response">The answer, serialised by the caller, when the request was answered at once.</param>
/// <param name="Created">When the request id was first used.</param>
public sealed record KeyRow(
    string Scope, string RequestId, string Method, string Fingerprint, Guid? OperationId, string? Response,
    DateTimeOffset Created)
{
    internal static readonly RowFormat<KeyRow> Format = new(
        "idempotency_keys",
        ["scope", "request_id", "method", "fingerprint", "operation_id", "response", "created"],
        static row =>
        [
            row.Scope, row.RequestId, row.Method, row.Fingerprint, RowValue.Of(row.OperationId), row.Response,
            RowValue.Of(row.Created),
        ],
        static values => new KeyRow(
            RowValue.Text(values[0]), RowValue.Text(values[1]), RowValue.Text(values[2]), RowValue.Text(values[3]),
            RowValue.IdOrNull(values[4]), (string?)values[5], RowValue.Time(values[6])));

    /// <summary>Whether the other claim asks for the same thing, so that it may be given this one's outcome.</summary>
    public bool IsSameRequest(KeyRow other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Method == other.Method && Fingerprint == other.Fingerprint;
    }
}
