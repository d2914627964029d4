using System.CommandLine;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Output;
using Spectre.Console;

namespace NodeAgent.Cli.Nodes;

/// <summary><c>top</c>: what the node and its VMs are doing.</summary>
internal static class Top
{
    private static readonly TimeSpan UsualInterval = TimeSpan.FromSeconds(2);

    // Rates need two samples, and the agent samples in its own rhythm.
    private static readonly TimeSpan LongestForOnce = TimeSpan.FromSeconds(12);

    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var once = command.Flag("--once", "Print one table, as soon as the rates are known, and end.");
        var interval = command.Duration("--interval", "How often to look (default 2s).");
        shell.Examples(command, "nodectl top", "nodectl top --once");
        shell.Handle(command, call =>
        {
            var pause = call.Get(interval)?.ToTimeSpan() is { Ticks: > 0 } given ? given : UsualInterval;
            return call.Get(once) || !call.Surroundings.OutputIsTerminal ? OnceAsync(call, pause) : LiveAsync(call, pause);
        });
    }

    private static async Task<int> OnceAsync(Call call, TimeSpan pause)
    {
        var view = new TopView(call);
        var end = call.Time.GetUtcNow() + LongestForOnce;
        await view.LookAsync();
        while (!view.HasAllRates && call.Time.GetUtcNow() + pause <= end)
        {
            await Task.Delay(pause, call.Time, call.Cancellation);
            await view.LookAsync();
        }

        call.Printer.Console.Write(view.Render(rows: null));
        call.Printer.Console.WriteLine();
        return ExitCode.Ok;
    }

    private static async Task<int> LiveAsync(Call call, TimeSpan pause)
    {
        var view = new TopView(call);
        await view.LookAsync();
        try
        {
            var console = call.Printer.Live(onError: false);
            await console.Live(view.Render(Rows(call))).AutoClear(true).StartAsync(async live =>
            {
                using var timer = new PeriodicTimer(pause, call.Time);
                while (call.Deadline is null || call.Time.GetUtcNow() < call.Deadline)
                {
                    (console.Profile.Width, console.Profile.Height) = call.Surroundings.Size();
                    live.UpdateTarget(view.Render(Rows(call)));
                    await call.Surroundings.Out.FlushAsync(call.Cancellation);
                    await timer.WaitForNextTickAsync(call.Cancellation);
                    await view.LookAsync();
                }
            });
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException && call.Cancellation.IsCancellationRequested)
        {
            // Ctrl-C is the way to leave this display; no work was interrupted.
        }

        return ExitCode.Ok;
    }

    // The last line of the terminal stays free, so that nothing scrolls.
    private static int Rows(Call call) => call.Surroundings.Size().Rows - 1;
}
