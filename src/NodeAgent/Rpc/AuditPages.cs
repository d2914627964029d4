using System.Collections.Immutable;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Rpc;

/// <summary>Reads the audit log page by page, forwards or backwards.</summary>
internal sealed class AuditPages(AuditLog log, AuditQuery wanted)
{
    // How many records are looked at for one page; a caller who wants few of many goes on with the token.
    private const int LookAtMost = 20_000, Piece = 1000;

    /// <summary>Reads a page.</summary>
    /// <exception cref="RpcRefusal">The request's token is none of this query.</exception>
    public async Task<V1.ListAuditRecordsResponse> ReadAsync(V1.ListAuditRecordsRequest request, CancellationToken cancellationToken)
    {
        var size = PageToken.Size(request.PageSize);
        var query = $"{wanted}/{request.NewestFirst}/{request.AfterSequence}";
        var response = new V1.ListAuditRecordsResponse();
        var token = PageToken.ReadNumber(query, request.PageToken);
        var place = token ?? (request.NewestFirst ? long.MaxValue : request.AfterSequence);
        for (var looked = 0; looked < LookAtMost; looked += Piece)
        {
            var limit = Math.Min(Piece, Math.Max(size - response.Records.Count, 64));
            ImmutableArray<AuditRecord> piece = request.NewestFirst
                ? await log.ReadBeforeAsync(place, limit, cancellationToken)
                : await log.ReadAfterAsync(place, limit, cancellationToken);
            foreach (var record in piece.TakeWhile(record => record.Sequence > request.AfterSequence))
            {
                if (response.Records.Count == size)
                {
                    response.NextPageToken = PageToken.Write(query, $"{place}");
                    return response;
                }

                place = record.Sequence;
                if (wanted.Wants(record))
                {
                    response.Records.Add(AuditWriter.Write(record));
                }
            }

            if (piece.Length < limit || piece[^1].Sequence <= request.AfterSequence)
            {
                return response;
            }
        }

        response.NextPageToken = PageToken.Write(query, $"{place}");
        return response;
    }
}
