using System.Diagnostics;
using NodeAgent.FunctionalTests.Faces;

namespace NodeAgent.FunctionalTests.Hosts;

/// <summary>
/// One connection into a lab host, by SSH, over which everything goes: commands, files, and sockets inside, which can be
/// connected to as if they were here. It ends when the host does.
/// </summary>
internal sealed class LabDoor : IAsyncDisposable
{
    // What a host of this slowness does in half a minute takes it minutes where this machine is busy besides.
    private const int MostSeconds = 300;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _home;
    private readonly Process _process;
    private int _sockets;

    private LabDoor(string home, Process process)
    {
        _home = home;
        _process = process;
    }

    private string[] Arguments => ["-F", $"{_home}/ssh", "-S", $"{_home}/door"];

    /// <summary>Opens it.</summary>
    /// <param name="home">The host's folder; its file <c>ssh</c> says how to get in.</param>
    /// <param name="sockets">Sockets inside, and where they are to be reached here.</param>
    public static async Task<LabDoor> OpenAsync(string home, params IReadOnlyList<(string Inside, string Here)> sockets)
    {
        // The line of output says that it is open.
        string[] arguments =
        [
            "-F", $"{home}/ssh", "-S", $"{home}/door", "-E", $"{home}/door.log", "-M", "-N", "-o", "StreamLocalBindUnlink=yes", "-o", "ExitOnForwardFailure=yes",
            "-o", "PermitLocalCommand=yes", "-o", "LocalCommand=echo open", .. sockets.SelectMany(pair => (string[])["-L", $"{pair.Here}:{pair.Inside}"]), "host",
        ];
        var door = new LabDoor(home, Process.Start(new ProcessStartInfo("ssh", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!);
        try
        {
            (await door._process.StandardOutput.ReadLineAsync().WaitAsync(Patience)).ShouldBe("open", File.ReadAllText($"{home}/door.log"));
            return door;
        }
        catch
        {
            await door.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a line of shell as root, and waits for its end; <see cref="MostSeconds"/> at most, when the host ends it.</summary>
    public Task<Command> RunAsync(string shell) => Command.RunAsync(
        "ssh",
        [.. Arguments, "host", $"LANG=C.UTF-8 TERM=dumb timeout --verbose --kill-after=5 {MostSeconds} /bin/sh -c {Quote(shell)}"],
        patience: TimeSpan.FromSeconds(MostSeconds + 30));

    /// <summary>Copies a file; folders are made, the mode is kept.</summary>
    public async Task CopyInAsync(string source, string inside)
    {
        // A shell opens the file, since what is copied is not text.
        var mode = Convert.ToString((int)File.GetUnixFileMode(source), 8);
        var install = $"install -D --mode={mode} /dev/stdin {Quote(inside)}";
        (await Command.RunAsync("/bin/sh", ["-c", "exec <\"$0\"; exec ssh \"$@\"", source, .. Arguments, "host", install])).Succeeded();
    }

    /// <summary>Makes a socket here that leads to one inside.</summary>
    public async Task<string> ReachAsync(string socket)
    {
        var here = $"{_home}/socket-{Interlocked.Increment(ref _sockets)}";
        (await Command.RunAsync("ssh", [.. Arguments, "-O", "forward", "-o", "StreamLocalBindUnlink=yes", "-L", $"{here}:{socket}", "host"])).Succeeded();
        return here;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
