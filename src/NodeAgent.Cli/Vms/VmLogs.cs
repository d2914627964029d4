using System.CommandLine;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Terminal;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm logs</c></summary>
internal static class VmLogs
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var name = VmNames.One(command);
        var tail = command.Number("--tail", "Only the last so many lines.");
        var bytes = command.Size("--bytes", "Only the last so many bytes.");
        var follow = command.Flag("--follow", "Go on with what the guest says from now on.");
        var raw = command.Flag("--raw", "Pass everything on to the terminal, control sequences included.");
        shell.Examples(command, "nodectl vm logs web --tail 20", "nodectl vm logs web --follow");
        shell.Handle(command, async call =>
        {
            var filter = call.Surroundings.OutputIsTerminal && !call.Get(raw) ? new GuestOutput() : null;
            var kept = await KeptAsync(call, call.Get(name), call.Get(bytes) ?? 0);
            await WriteAsync(call, LastLines(kept, call.Get(tail)), filter);
            if (call.Get(follow))
            {
                await FollowAsync(call, call.Get(name), filter);
            }

            return ExitCode.Ok;
        });
    }

    /// <summary>The last lines of a text; a line end at the very end belongs to the last line.</summary>
    public static ReadOnlyMemory<byte> LastLines(ReadOnlyMemory<byte> text, int? lines)
    {
        if (lines is not { } wanted)
        {
            return text;
        }

        var end = text.Length > 0 && text.Span[^1] == (byte)'\n' ? text.Length - 1 : text.Length;
        var start = end;
        for (var found = 0; found < wanted; found++)
        {
            start = start < 0 ? start : text.Span[..start].LastIndexOf((byte)'\n');
        }

        return wanted == 0 ? ReadOnlyMemory<byte>.Empty : text[(start + 1)..];
    }

    private static async Task<ReadOnlyMemory<byte>> KeptAsync(Call call, string name, long bytes)
    {
        // At most 16 MiB are kept of a console, so it may be held as a whole.
        using var kept = new MemoryStream();
        using var stream = call.Agent.Vms.ReadConsoleLog(new ReadConsoleLogRequest { Vm = name, TailBytes = bytes }, call.Unary);
        await foreach (var part in stream.ResponseStream.ReadAllAsync(call.Cancellation))
        {
            part.Data.WriteTo(kept);
        }

        return kept.ToArray();
    }

    private static async Task FollowAsync(Call call, string name, GuestOutput? filter)
    {
        using var stream = call.Agent.Vms.StreamConsole(call.Streaming);
        await stream.RequestStream.WriteAsync(new StreamConsoleRequest { Attach = new ConsoleAttach { Vm = name, ReadOnly = true } }, call.Cancellation);
        await foreach (var response in stream.ResponseStream.ReadAllAsync(call.Cancellation))
        {
            await WriteAsync(call, response.Output.Memory, filter);
        }
    }

    private static async Task WriteAsync(Call call, ReadOnlyMemory<byte> block, GuestOutput? filter)
    {
        await call.Surroundings.RawOut.WriteAsync(filter is null ? block : filter.Filter(block.Span), call.Cancellation);
        await call.Surroundings.RawOut.FlushAsync(call.Cancellation);
    }
}
