using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm send-key</c></summary>
internal static class VmSendKey
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var name = VmNames.One(command);
        var keys = new Argument<string[]>("key")
        {
            Description = "Keys that are pressed together, by QEMU's names (ctrl, alt, delete, f1, ret, a, …), apart or joined by '-'.",
            HelpName = "KEY",
            Arity = ArgumentArity.OneOrMore,
        };
        command.Add(keys);
        var hold = command.Duration("--hold", "How long they are held (default 100ms).");
        shell.Examples(command, "nodectl vm send-key web ctrl-alt-delete", "nodectl vm send-key web ret");
        shell.Handle(command, async call =>
        {
            // No key name holds a '-' or '+': those keys are called minus and kp_add.
            var pressed = call.Get(keys).SelectMany(k => k.Split('-', '+')).Select(k => k.ToLowerInvariant());
            await call.Agent.Vms.SendKeysAsync(
                new SendKeysRequest { Vm = call.Get(name), Keys = { pressed }, Hold = call.Get(hold), RequestId = Call.NewRequestId() }, call.Unary);
            return ExitCode.Ok;
        });
    }
}
