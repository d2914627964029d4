using System.CommandLine;
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

        call.Printer.Console.Write(view.Render());
        call.Printer.Console.WriteLine();
        return ExitCode.Ok;
    }

    private static async Task<int> LiveAsync(Call call, TimeSpan pause)
    {
        var view = new TopView(call);
        await view.LookAsync();
        await call.Printer.Console.Live(view.Render()).Overflow(VerticalOverflow.Crop).StartAsync(async live =>
        {
            using var timer = new PeriodicTimer(pause, call.Time);
            do
            {
                live.UpdateTarget(view.Render());
                await call.Surroundings.Out.FlushAsync(call.Cancellation);
                await timer.WaitForNextTickAsync(call.Cancellation);
                await view.LookAsync();
            }
            while (call.Deadline is null || call.Time.GetUtcNow() < call.Deadline);
        });
        return ExitCode.Ok;
    }
}
