using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeAgent.Cli.Errors;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Vms;

public sealed class VmDisplayTest
{
    private const string Greeting = "RFB 003.008\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Viewers_come_one_after_the_other_until_it_is_interrupted()
    {
        await using var agent = await StartAsync();
        await using var display = new Display(agent, "web");
        var address = IPEndPoint.Parse(await display.AddressAsync());
        address.Address.ShouldBe(IPAddress.Loopback);

        for (var viewer = 0; viewer < 3; viewer++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(address, Cancellation);
            (await ReadAsync(socket, Greeting.Length)).ShouldBe(Greeting);
            await socket.SendAsync(Encoding.ASCII.GetBytes("hi"), Cancellation);
            (await ReadAsync(socket, 4)).ShouldBe("<hi>");
        }

        (await display.InterruptAsync()).Code.ShouldBe(ExitCode.Interrupted);
        await Should.ThrowAsync<SocketException>(async () =>
        {
            using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await late.ConnectAsync(address, Cancellation);
        });
    }

    [Fact]
    public async Task With_a_ticket_there_is_one_viewer()
    {
        await using var agent = await StartAsync();
        await using var display = new Display(agent, "web", "--ticket", "abc");
        var address = IPEndPoint.Parse(await display.AddressAsync());
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await socket.ConnectAsync(address, Cancellation);
            (await ReadAsync(socket, Greeting.Length)).ShouldBe(Greeting);
        }

        (await display.Ended).ShouldEndWith(ExitCode.Ok);
        agent.Vms.Tickets.ShouldBe(["abc"]);
    }

    [Fact]
    public async Task Unix_socket_is_the_users_own_and_goes_with_the_program()
    {
        await using var agent = await StartAsync();
        var path = Path.Combine(agent.Folder, "web.vnc");
        agent.Vms.DisplayPieces = 1;
        await using var display = new Display(agent, "web", "--socket", path);
        (await display.AddressAsync()).ShouldBe(path);
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), Cancellation);
        await socket.SendAsync(Encoding.ASCII.GetBytes("bye"), Cancellation);
        (await ReadAsync(socket, Greeting.Length + 5)).ShouldBe(Greeting + "<bye>");
        (await socket.ReceiveAsync(new byte[1], Cancellation)).ShouldBe(0, "the viewer sees the end");

        // The guest's end is no failure.
        (await display.Ended).ShouldEndWith(ExitCode.Ok).Error.ShouldContain("The display has closed.");
        File.Exists(path).ShouldBeFalse();
    }

    [Fact]
    public async Task End_of_the_guest_ends_the_wait_for_a_viewer()
    {
        await using var agent = await StartAsync();
        agent.Vms.DisplayPieces = 0;

        (await agent.RunAsync("vm", "display", "web")).ShouldEndWith(ExitCode.Ok).Error.ShouldContain("The display has closed.");
    }

    [Fact]
    public async Task What_is_at_the_path_already_is_left_alone()
    {
        await using var agent = await StartAsync();
        var path = Path.Combine(agent.Folder, "precious");
        await File.WriteAllTextAsync(path, "text", Cancellation);

        (await agent.RunAsync("vm", "display", "web", "--socket", path)).ShouldEndWith(ExitCode.Failed).Error.ShouldContain(path);

        (await File.ReadAllTextAsync(path, Cancellation)).ShouldBe("text");
        (await agent.RunAsync("vm", "display", "web", "--socket", "/tmp/" + new string('x', 200))).ShouldEndWith(ExitCode.Usage);
        (await agent.RunAsync("vm", "display", "nobody")).ShouldEndWith(ExitCode.NotFound);
    }

    private static async Task<FakeAgent> StartAsync()
    {
        var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web", VmState.Running);
        return agent;
    }

    private static async Task<string> ReadAsync(Socket socket, int length)
    {
        var read = new byte[length];
        for (var at = 0; at < length;)
        {
            var more = await socket.ReceiveAsync(read.AsMemory(at), Cancellation);
            more.ShouldBeGreaterThan(0, Encoding.ASCII.GetString(read, 0, at));
            at += more;
        }

        return Encoding.ASCII.GetString(read);
    }

    /// <summary>The command while it runs.</summary>
    private sealed class Display : IAsyncDisposable
    {
        private readonly CancellationTokenSource _interrupt = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        private readonly Pipe _output = new();

        public Display(FakeAgent agent, params string[] arguments) =>
            Ended = agent.RunAsync(new CliInput { Output = _output.Writer.AsStream(), Cancellation = _interrupt.Token }, ["vm", "display", .. arguments]);

        public Task<CliResult> Ended { get; }

        public async Task<string> AddressAsync()
        {
            using var lines = new StreamReader(_output.Reader.AsStream(), leaveOpen: true);
            return await lines.ReadLineAsync(Cancellation) ?? throw new EndOfStreamException((await Ended).Error);
        }

        public async Task<CliResult> InterruptAsync()
        {
            await _interrupt.CancelAsync();
            return await Ended;
        }

        public async ValueTask DisposeAsync()
        {
            await InterruptAsync();
            _interrupt.Dispose();
        }
    }
}
