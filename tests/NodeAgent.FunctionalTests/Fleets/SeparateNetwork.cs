using NodeAgent.FunctionalTests.Faces;

namespace NodeAgent.FunctionalTests.Fleets;

/// <summary>
/// A network namespace of a test's own, with a wire to it that can be cut. What runs in it shares everything else with this
/// machine, unix sockets for instance.
/// </summary>
internal sealed class SeparateNetwork : IAsyncDisposable
{
    private const string Ip = "/usr/sbin/ip", Prefix = "naft-";

    private static int _count;

    private readonly string _name;
    private readonly string _here;
    private readonly string _there;

    private SeparateNetwork()
    {
        var number = Interlocked.Increment(ref _count);
        _name = $"{Prefix}{Environment.ProcessId}-{number}";
        // At most 15 characters are a name of an interface.
        (_here, _there) = ($"na{Environment.ProcessId}h{number}", $"na{Environment.ProcessId}t{number}");

        // A /30 of its own: of a network for tests of routers (RFC 2544), which nobody routes.
        var place = (Environment.ProcessId * 16 + number * 4) & 0xfffc;
        (HereAddress, ThereAddress) = ($"198.18.{place >> 8}.{(place & 0xff) + 1}", $"198.18.{place >> 8}.{(place & 0xff) + 2}");
    }

    /// <summary>This side of the wire.</summary>
    public string HereAddress { get; }

    /// <summary>The other side.</summary>
    public string ThereAddress { get; }

    /// <summary>Goes before the command line of a program that is to run there; it becomes that program.</summary>
    public IReadOnlyList<string> Run => [Ip, "netns", "exec", _name];

    /// <summary>Makes one; skips the test where that can't be.</summary>
    public static async Task<SeparateNetwork> MakeAsync()
    {
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists(Ip), "only root makes network namespaces, with iproute2");
        await SweepAsync();
        var network = new SeparateNetwork();
        var made = await Command.RunAsync(Ip, ["netns", "add", network._name]);
        Assert.SkipUnless(made.ExitCode == 0, $"this machine makes no network namespaces: {made.Errors}");
        try
        {
            await IpAsync("link", "add", network._here, "type", "veth", "peer", "name", network._there, "netns", network._name);
            await IpAsync("address", "add", $"{network.HereAddress}/30", "dev", network._here);
            await IpAsync("link", "set", network._here, "up");
            await IpAsync("-n", network._name, "address", "add", $"{network.ThereAddress}/30", "dev", network._there);
            await network.MendAsync();
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Cuts the wire, at its far end: who sends from here hears nothing, not even that nobody is there.</summary>
    public Task CutAsync() => IpAsync("-n", _name, "link", "set", _there, "down");

    /// <summary>Mends it.</summary>
    public Task MendAsync() => IpAsync("-n", _name, "link", "set", _there, "up");

    /// <summary>The wire goes with the namespace, once nobody runs there.</summary>
    public async ValueTask DisposeAsync()
    {
        // The kernel takes its time with a namespace; the wire is taken down at once.
        await Command.RunAsync(Ip, ["link", "delete", _here]);
        (await Command.RunAsync(Ip, ["netns", "delete", _name])).Succeeded();
    }

    // Of test runs that were killed.
    private static async Task SweepAsync()
    {
        foreach (var line in (await Command.RunAsync(Ip, ["netns", "list"])).Output.Split('\n'))
        {
            var name = line.Split(' ')[0];
            if (name.StartsWith(Prefix, StringComparison.Ordinal) && !Directory.Exists($"/proc/{name.Split('-')[1]}"))
            {
                await Command.RunAsync(Ip, ["netns", "delete", name]);
            }
        }
    }

    private static async Task IpAsync(params string[] arguments) => (await Command.RunAsync(Ip, arguments)).Succeeded();
}
