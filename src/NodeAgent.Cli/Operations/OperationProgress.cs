using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.LongRunning;
using NodeAgent.V1;
using Spectre.Console;

namespace NodeAgent.Cli.Operations;

/// <summary>
/// Waits for several operations at once and shows how far they are: bars on a terminal, a line for each new phase
/// elsewhere, always on standard error. What ends at once shows nothing.
/// </summary>
internal sealed class OperationProgress(Call call)
{
    private static readonly TimeSpan Unnoticed = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LookForPeople = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LookForLogs = TimeSpan.FromSeconds(2);

    /// <summary>Waits for all; the outcomes are in the order of the operations.</summary>
    public async Task<IReadOnlyList<OperationOutcome>> WaitAsync(IReadOnlyList<OperationOutcome> begun)
    {
        try
        {
            var early = await Task.WhenAll(begun.Select(FirstLookAsync));
            if (early.All(o => o.Error is not null || o.Operation!.Done))
            {
                return early;
            }

            return call.Surroundings.ErrorIsTerminal && call.Printer.ForPeople ? await WithBarsAsync(early) : await WithLinesAsync(early);
        }
        catch (OperationCanceledException) when (call.Cancellation.IsCancellationRequested)
        {
            foreach (var name in begun.Where(o => o.Operation is { Done: false }).Select(o => o.Operation!.Name))
            {
                call.Printer.Note($"{name} goes on: 'nodectl op wait {name}' waits again, 'nodectl op cancel {name}' stops it");
            }

            throw;
        }
    }

    private async Task<OperationOutcome> FirstLookAsync(OperationOutcome begun)
    {
        if (begun.Error is not null || begun.Operation!.Done)
        {
            return begun;
        }

        var seen = begun.Operation;
        var deadline = call.Deadline - call.Time.GetUtcNow();
        try
        {
            seen = await call.Agent.Operations.WaitOperationAsync(
                new WaitOperationRequest
                {
                    Name = seen.Name,
                    Timeout = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(deadline < Unnoticed ? TimeSpan.Zero : Unnoticed),
                },
                call.Unary);
        }
        catch (RpcException e) when (OperationWait.IsAbsence(call, e))
        {
            // The agent may be restarting, or the time-out is short; the patient wait that follows knows both.
        }
        catch (RpcException e)
        {
            Interrupted(e);
            return begun with { Error = e };
        }

        return begun with { Operation = seen };
    }

    private Task<OperationOutcome[]> WithBarsAsync(IReadOnlyList<OperationOutcome> begun) =>
        new Progress(call.Printer.Live(onError: true), call.Time) { AutoClear = true, ExcludeVerticalPadding = true }
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(bars => Task.WhenAll(begun.Select(outcome =>
            {
                if (outcome.Error is not null || outcome.Operation!.Done)
                {
                    return Task.FromResult(outcome);
                }

                var bar = bars.AddTask(Markup.Escape(outcome.Subject));
                return FollowAsync(outcome, LookForPeople, seen =>
                {
                    bar.Description = Markup.Escape(Terminal.SafeText.Line($"{outcome.Subject}  {seen.Phase}"));
                    bar.Value = seen.ProgressPercent;
                });
            })));

    private Task<OperationOutcome[]> WithLinesAsync(IReadOnlyList<OperationOutcome> begun) =>
        Task.WhenAll(begun.Select(outcome =>
        {
            var last = "";
            return FollowAsync(outcome, LookForLogs, seen =>
            {
                if (seen.Phase != last && call.Printer.ForPeople && seen.Phase.Length > 0)
                {
                    last = seen.Phase;
                    call.Printer.Note($"{outcome.Subject}: {seen.Phase} ({seen.ProgressPercent} %)");
                }
            });
        }));

    private async Task<OperationOutcome> FollowAsync(OperationOutcome begun, TimeSpan look, Action<OperationMetadata> report)
    {
        if (begun.Error is not null)
        {
            return begun;
        }

        try
        {
            return begun with { Operation = await OperationWait.UntilDoneAsync(call, begun.Operation!, look, report) };
        }
        catch (Exception e) when (e is RpcException or CommandException)
        {
            Interrupted(e);
            return begun with { Error = e };
        }
    }

    // A call that ends because of Ctrl-C is no failure of the operation.
    private void Interrupted(Exception e)
    {
        if (e is RpcException { StatusCode: StatusCode.Cancelled })
        {
            call.Cancellation.ThrowIfCancellationRequested();
        }
    }
}
