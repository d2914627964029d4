using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm screenshot</c></summary>
internal static class VmScreenshot
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var name = VmNames.One(command);
        var file = new Option<string>("--file", "-f") { Description = "Where to put the picture; '-' is standard output.", HelpName = "FILE", Required = true };
        command.Add(file);
        shell.Examples(command, "nodectl vm screenshot web -f web.png");
        shell.Handle(command, async call =>
        {
            var picture = await call.Agent.Vms.TakeScreenshotAsync(new TakeScreenshotRequest { Vm = call.Get(name) }, call.Unary);
            var path = call.Get(file)!;
            if (path == "-")
            {
                await call.Surroundings.RawOut.WriteAsync(picture.Image.Memory, call.Cancellation);
                await call.Surroundings.RawOut.FlushAsync(call.Cancellation);
            }
            else
            {
                await File.WriteAllBytesAsync(path, picture.Image.Memory, call.Cancellation);
                call.Printer.Note($"{path}: {picture.ContentType}, {picture.Image.Length} bytes");
            }

            return ExitCode.Ok;
        });
    }
}
