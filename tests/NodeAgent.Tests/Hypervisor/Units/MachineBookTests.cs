using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Bindings.Bus;
using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Units;
using NodeAgent.Tests.Bindings.Bus;

namespace NodeAgent.Tests.Hypervisor.Units;

/// <summary>Who is listed with a machined that is not always there.</summary>
public sealed class MachineBookTests
{
    private const string Name = "org.freedesktop.machine1";

    [Fact]
    public async Task Guest_that_machined_was_not_there_for_is_listed_when_it_comes()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var connection = await bus.ConnectAsync();
        using var guest = Guest();
        Book(connection).Register("web", Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), guest);

        await using var machined = new BusService(bus, Name);

        (await NextAsync(machined, [])).ShouldStartWith("'web' [y:00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff] 'nodeagent' 'vm' ");
        await EndAsync(guest);
    }

    [Fact]
    public async Task Machined_that_comes_back_is_told_of_who_it_does_not_know_and_of_nobody_who_has_ended()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var machined = new BusService(bus, Name);
        await using var connection = await bus.ConnectAsync();
        using var web = Guest();
        using var ended = Guest();
        var known = new HashSet<string>();
        var book = Book(connection);
        book.Register("ended", Guid.NewGuid(), ended);
        (await NextAsync(machined, known)).ShouldStartWith("'ended'");
        await EndAsync(ended);
        book.Register("web", Guid.NewGuid(), web);
        (await NextAsync(machined, known)).ShouldStartWith("'web'");

        known.Clear();
        machined.Release(Name);
        machined.Take(Name);

        (await NextAsync(machined, known)).ShouldStartWith("'web'");
        known.ShouldHaveSingleItem();
        await EndAsync(web);
    }

    private static MachineBook Book(BusConnection connection) =>
        new(new Machine1(connection), TimeProvider.System, NullLogger<MachineBook>.Instance);

    // A machined that knows some, up to the next registration.
    private static async Task<string> NextAsync(BusService machined, HashSet<string> known)
    {
        using var limit = new CancellationTokenSource(PrivateBus.Long);
        while (true)
        {
            var call = await machined.NextAsync(limit.Token);
            switch (call.Member)
            {
                case "GetMachineByPID" when !known.Contains(call.Arguments):
                    machined.Refuse(call, $"{Name}.NoMachineForPID", "none");
                    break;
                case "ListMachines":
                    machined.Answer(call, static writer =>
                    {
                        writer.Open('a', "(ssso)");
                        writer.Close();
                    });
                    break;
                case "RegisterMachine":
                    known.Add(call.Arguments.Split(' ')[^2]);
                    machined.Answer(call, static writer => writer.ObjectPath("/org/freedesktop/machine1/machine/some"));
                    return call.Arguments;
                default:
                    machined.Answer(call, static writer => writer.ObjectPath("/org/freedesktop/machine1/machine/some"));
                    break;
            }
        }
    }

    private static HostProcess Guest()
    {
        var child = ChildProcess.Start(new ChildProcessOptions { Path = "/bin/sleep", Arguments = ["60"] });
        return new HostProcess(child, new ProcessIdentity(child.Pid, 0, "boot"));
    }

    private static async Task EndAsync(QemuProcess guest)
    {
        guest.Kill();
        await guest.Exited.WaitAsync(PrivateBus.Long, TestContext.Current.CancellationToken);
    }
}
