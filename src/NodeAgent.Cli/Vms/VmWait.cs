using System.CommandLine;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm wait</c></summary>
internal static class VmWait
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var name = VmNames.One(command);
        var state = command.Choice("--for", "The state to wait for.", VmReflection.Descriptor.FindTypeByName<Google.Protobuf.Reflection.EnumDescriptor>("VmState"));
        state.Required = true;
        shell.Examples(command, "nodectl vm wait web --for stopped --timeout 5m");
        shell.Handle(command, async call =>
        {
            var wanted = (VmState)call.Get(state)!.Value;
            var id = (await call.Agent.Vms.GetVmAsync(new GetVmRequest { Vm = call.Get(name) }, call.Unary)).Id;
            Vm? reached = null;
            await LastingStream.RunAsync(call, async alive => reached = await ReadAsync(call, id, wanted, alive));
            if (reached is null)
            {
                throw new CommandException(ExitCode.TimedOut, $"{call.Get(name)} did not become {wanted.ToString().ToLowerInvariant()} in time");
            }

            call.Printer.One(reached, reached.Name, () => call.Printer.Line($"{reached.Name}: {VmColumns.State(reached.Status).Text}"));
            return ExitCode.Ok;
        });
    }

    private static async Task<Vm?> ReadAsync(Call call, string id, VmState wanted, Action alive)
    {
        using var stream = call.Agent.Vms.WatchVms(new WatchVmsRequest(), call.Streaming);
        await foreach (var change in stream.ResponseStream.ReadAllAsync(call.Cancellation))
        {
            alive();
            if (change.Vm is { } vm && vm.Id == id && vm.Status?.State == wanted)
            {
                return vm;
            }

            if (change.Deleted?.Id == id)
            {
                throw new CommandException(ExitCode.NotFound, $"{change.Deleted.Name} was deleted meanwhile");
            }
        }

        return null;
    }
}
