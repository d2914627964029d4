using System.Diagnostics;
using System.Net.Sockets;
using NodeAgent.Cli.Errors;

namespace NodeAgent.Cli.Transport;

/// <summary>Why an agent cannot be reached, and what to do about it.</summary>
/// <param name="ExitCode">One of <see cref="Errors.ExitCode"/>.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record Unreachable(int ExitCode, string Problem, string Remedy)
{
    private const string Start = "Start it with 'systemctl start nodeagentd', or say where it listens with --host or NODECTL_HOST.";

    /// <summary>Looks at the socket and explains why connecting to it failed.</summary>
    /// <param name="address">Where the agent was expected.</param>
    /// <param name="error">What connecting said.</param>
    /// <param name="cancellation">Ends the looking.</param>
    public static async Task<Unreachable> ExplainAsync(UnixAddress address, SocketError error, CancellationToken cancellation)
    {
        var path = address.SocketPath;
        return error switch
        {
            SocketError.AccessDenied => new Unreachable(
                Errors.ExitCode.Permission,
                $"permission denied on {path}{await OwnerAsync(path, cancellation)}; you are '{Environment.UserName}'",
                "Join the socket's group with 'usermod -aG GROUP USER' and log in anew, or run nodectl with sudo."),
            SocketError.ConnectionRefused => new Unreachable(
                Errors.ExitCode.Unreachable,
                $"connection refused: {path} is there but nobody listens on it; nodeagentd has ended without removing it",
                "Look at 'journalctl -u nodeagentd', then: " + Start),
            _ when !File.Exists(path) => new Unreachable(
                Errors.ExitCode.Unreachable,
                $"there is no socket {path}: nodeagentd is not running, or it listens elsewhere",
                Start),
            _ => new Unreachable(Errors.ExitCode.Unreachable, $"{path} does not answer: {new SocketException((int)error).Message}", Start),
        };
    }

    // .NET reads a file's mode but not its owner; stat(1) is everywhere, and this path is not in a hurry.
    private static async Task<string> OwnerAsync(string path, CancellationToken cancellation)
    {
        try
        {
            // The socket may lie in a directory that we may not even look into.
            var visible = File.Exists(path) ? path : Path.GetDirectoryName(path) ?? "/";
            var start = new ProcessStartInfo("stat") { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var argument in (string[])["-c", "owner '%U', group '%G', mode %A", "--", visible])
            {
                start.ArgumentList.Add(argument);
            }

            using var stat = Process.Start(start);
            if (stat is null)
            {
                return "";
            }

            var line = await stat.StandardOutput.ReadToEndAsync(cancellation);
            await stat.WaitForExitAsync(cancellation);
            return stat.ExitCode == 0 ? $" ({(visible == path ? "" : visible + ": ")}{line.Trim()})" : "";
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException)
        {
            return "";
        }
    }
}
