using System.Runtime.InteropServices;
using FakeQemu;

if (args is ["-version"] or ["--version"])
{
    Console.WriteLine("QEMU emulator version 7.2.22 (FakeQemu)");
    return 0;
}

QemuArguments arguments;
FaultScript script;
try
{
    arguments = QemuArguments.Parse(args);
    script = FaultScript.Load();
}
catch (Exception unusable) when (unusable is FormatException or IOException or System.Text.Json.JsonException)
{
    Console.Error.WriteLine($"qemu-system-x86_64: {unusable.Message}");
    return 1;
}

if (script.Take("start", arguments.Name, monitor: null) is { } fault)
{
    await Task.Delay(fault.Milliseconds);
    if (fault.Do is FaultKind.Exit or FaultKind.Signal)
    {
        await Suicide.CommitAsync(fault);
    }
}

var machine = new FakeMachine(arguments);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    Console.Error.WriteLine("qemu-system-x86_64: terminating on signal 15");
    machine.Quit("host-signal");
    machine.Settle();
});
FakeMonitor[] monitors = [.. arguments.Monitors.Select(endpoint => new FakeMonitor(endpoint, machine, script))];
machine.PowerOn();
foreach (FakeMonitor monitor in monitors)
{
    _ = monitor.RunAsync();
}

int status = await machine.Exited;
await Task.WhenAny(Task.WhenAll(monitors.Select(monitor => monitor.FlushAsync())), Task.Delay(1000));
return status;
