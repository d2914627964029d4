using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Transport;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.Cli.Operations;

/// <summary>
/// Waits for one operation. The agent does the waiting (WaitOperation), so the end is seen at once. An operation outlives
/// the agent's process: when the agent goes away meanwhile, the wait goes on with the next one.
/// </summary>
internal static class OperationWait
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestAbsence = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>Waits until the operation has ended, however it ended.</summary>
    /// <param name="call">The run; its <c>--timeout</c> bounds the wait.</param>
    /// <param name="operation">The operation as last seen.</param>
    /// <param name="look">How often to look at the progress meanwhile.</param>
    /// <param name="report">Is told the progress at each look.</param>
    /// <exception cref="CommandException">The time-out has passed; the operation goes on.</exception>
    public static async Task<Operation> UntilDoneAsync(Call call, Operation operation, TimeSpan look, Action<OperationMetadata> report)
    {
        DateTimeOffset? absentSince = null;
        var pause = FirstPause;
        while (!operation.Done)
        {
            if (call.Deadline <= call.Time.GetUtcNow())
            {
                throw new CommandException(
                    ExitCode.TimedOut, $"not done in time; {operation.Name} goes on", $"Wait again with 'nodectl op wait {operation.Name}'.");
            }

            try
            {
                operation = await call.Agent.Operations.WaitOperationAsync(
                    new WaitOperationRequest { Name = operation.Name, Timeout = Duration.FromTimeSpan(Shorten(call, look)) },
                    call.Within(look + Slack));
                absentSince = null;
                pause = FirstPause;
                report(Metadata(operation));
            }
            catch (RpcException e) when (IsAbsence(call, e))
            {
                absentSince ??= call.Time.GetUtcNow();
                if (call.Time.GetUtcNow() - absentSince > LongestAbsence)
                {
                    throw;
                }

                await Task.Delay(pause, call.Time, call.Cancellation);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }

        return operation;
    }

    /// <summary>Who and what an operation is about; empty when it does not say.</summary>
    public static OperationMetadata Metadata(Operation operation) =>
        operation.Metadata is { } metadata && metadata.TryUnpack<OperationMetadata>(out var known) ? known : new OperationMetadata();

    /// <summary>
    /// Whether a wait failed because nobody answered, so that it may be tried again. A silent agent counts; whether the
    /// user's own time-out has passed is for the caller to look at.
    /// </summary>
    public static bool IsAbsence(Call call, RpcException e) =>
        !call.Cancellation.IsCancellationRequested && (ConnectionLoss.Is(e) || e.StatusCode == StatusCode.DeadlineExceeded);

    private static TimeSpan Shorten(Call call, TimeSpan look) =>
        call.Deadline - call.Time.GetUtcNow() is { } left && left < look ? TimeSpan.FromTicks(Math.Max(0, left.Ticks)) : look;
}
