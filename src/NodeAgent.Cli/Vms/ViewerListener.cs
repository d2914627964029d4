using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Transport;

namespace NodeAgent.Cli.Vms;

/// <summary>Where a VNC viewer of this user's connects to: a unix socket of the user's own, or a port of the loopback address.</summary>
internal sealed class ViewerListener : IDisposable
{
    private const int LongestPath = 107;

    private readonly Call _call;
    private readonly Socket _socket;

    private ViewerListener(Call call, Socket socket, string address, string example)
    {
        _call = call;
        _socket = socket;
        Address = address;
        Example = example;
    }

    /// <summary>The socket's path, or address and port.</summary>
    public string Address { get; }

    /// <summary>How a viewer is started.</summary>
    public string Example { get; }

    /// <summary>Listens.</summary>
    /// <param name="call">The run.</param>
    /// <param name="path">The unix socket to make; null for a port.</param>
    /// <exception cref="CommandException">It can't be made there.</exception>
    public static ViewerListener Open(Call call, string? path)
    {
        var socket = path is null
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (path is not null)
            {
                Bind(socket, path);
                return new ViewerListener(call, socket, path, $"vncviewer {path}");
            }

            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            socket.Listen(1);
            var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            return new ViewerListener(call, socket, $"127.0.0.1:{port}", $"vncviewer 127.0.0.1::{port}");
        }
        catch (SocketException problem)
        {
            socket.Dispose();
            throw new CommandException(ExitCode.Failed, $"{path ?? "127.0.0.1"} can't be listened on: {problem.Message}", path is null ? "" : "If it is left from before, remove it; otherwise choose another.");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for a viewer. On the loopback address, where everybody on this host may connect, others' are turned away.</summary>
    public async Task<Socket> AcceptAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var viewer = await _socket.AcceptAsync(cancellation);
            if (viewer.AddressFamily is AddressFamily.Unix || LoopbackPeer.IsOwn(viewer))
            {
                return viewer;
            }

            viewer.Dispose();
            _call.Printer.Note("A viewer of another user was turned away.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static void Bind(Socket socket, string path)
    {
        if (Encoding.UTF8.GetByteCount(path) > LongestPath)
        {
            throw new CommandException(ExitCode.Usage, $"the path of a socket has at most {LongestPath} bytes: {path}");
        }

        socket.Bind(new UnixDomainSocketEndPoint(path));
        // Before it listens nobody can connect, so that it is never open to others.
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        socket.Listen(1);
    }
}
