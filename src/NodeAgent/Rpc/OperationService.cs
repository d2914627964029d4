using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NodeAgent.Hypervisor.Jobs;

namespace NodeAgent.Rpc;

/// <summary>google.longrunning.Operations over the book of operations.</summary>
internal sealed class OperationService(OperationBook book, OperationWriter writer, StopGrace stop)
    : LongRunning.Operations.OperationsBase
{
    // How many rows are looked at for one page of a filtered list; the rest comes with the next page.
    private const int LookAtMost = 5000;

    public override async Task<LongRunning.Operation> GetOperation(LongRunning.GetOperationRequest request, ServerCallContext context) =>
        writer.Write(await book.FindAsync(OperationWriter.IdOf(request.Name), context.CancellationToken) ?? throw NotFound(request.Name));

    public override async Task<LongRunning.ListOperationsResponse> ListOperations(LongRunning.ListOperationsRequest request, ServerCallContext context)
    {
        if (request.Name is not ("" or "operations"))
        {
            throw RpcRefusal.Field("name", "The only collection is operations.");
        }

        var size = PageToken.Size(request.PageSize);
        var filter = OperationFilter.Parse(request.Filter);
        var below = PageToken.ReadNumber(request.Filter, request.PageToken) ?? long.MaxValue;
        var response = new LongRunning.ListOperationsResponse();
        for (var looked = 0; looked < LookAtMost; looked += size)
        {
            var piece = await book.ListAsync(below, size, context.CancellationToken);
            foreach (var operation in piece)
            {
                below = operation.Number;
                var written = writer.Write(operation);
                if (OperationFilter.Matches(filter, operation, written))
                {
                    response.Operations.Add(written);
                }

                if (response.Operations.Count == size)
                {
                    break;
                }
            }

            if (piece.Count < size && response.Operations.Count < size)
            {
                return response;
            }

            if (response.Operations.Count == size)
            {
                break;
            }
        }

        response.NextPageToken = PageToken.Write(request.Filter, $"{below}");
        return response;
    }

    public override async Task<LongRunning.Operation> WaitOperation(LongRunning.WaitOperationRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        // A timer holds 24 days and more; without a time-out the call's deadline, or the client's leaving, ends the wait.
        var timeout = violations.Duration("timeout", request.Timeout, TimeSpan.FromDays(1));
        violations.ThrowIfAny();
        using var life = stop.Link(context);
        try
        {
            var limit = timeout > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : timeout;
            return writer.Write(await book.WaitAsync(OperationWriter.IdOf(request.Name), limit, life.Token) ?? throw NotFound(request.Name));
        }
        catch (OperationCanceledException)
        {
            throw StopGrace.Ended(context);
        }
    }

    public override async Task<Empty> CancelOperation(LongRunning.CancelOperationRequest request, ServerCallContext context) =>
        await book.CancelAsync(OperationWriter.IdOf(request.Name), context.CancellationToken) ? new Empty() : throw NotFound(request.Name);

    public override async Task<Empty> DeleteOperation(LongRunning.DeleteOperationRequest request, ServerCallContext context)
    {
        var operation = await book.FindAsync(OperationWriter.IdOf(request.Name), context.CancellationToken) ?? throw NotFound(request.Name);

        // Ended operations are on record until their age says otherwise: what was done must stay known.
        throw operation.IsDone
            ? new RpcRefusal(RpcReason.OperationKept, "Ended operations are part of the node's record and are forgotten by age ([limits] operations_age), not by request.")
            : new RpcRefusal(RpcReason.OperationRunning, "The operation has not ended; cancel it, or wait for it.");
    }

    internal static RpcRefusal NotFound(string name) =>
        new(RpcReason.OperationNotFound, $"There is no operation '{name}', or it ended so long ago that it was forgotten.");
}
