using System.Net.Sockets;
using NodeAgent.Bindings.Linux;
using NodeAgent.Configuration;
using NodeAgent.Security;
using NodeAgent.Systemd;

namespace NodeAgent.Hosting;

/// <summary>
/// A unix socket of the API. A socket that somebody answers on is never taken away; one that a dead agent left is
/// replaced. Mode and group are set between bind and listen, so that nobody gets in before.
/// </summary>
internal sealed class ApiSocket : IDisposable
{
    /// <summary>FileDescriptorName= of the socket unit.</summary>
    public const string HandedName = "api";

    private readonly FileLock? _lock;

    private ApiSocket(Socket socket, FileLock? guard)
    {
        Socket = socket;
        _lock = guard;
    }

    /// <summary>Bound; whoever listens on it disposes of it. That removes the path, unless it is the service manager's.</summary>
    public Socket Socket { get; }

    /// <summary>Binds.</summary>
    /// <exception cref="StartException">Somebody else has it, or the directory or group is not there.</exception>
    public static ApiSocket Bind(string path, AgentOptions options)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var guard = TakeLock(path);
            try
            {
                RemoveStale(path);
                return new ApiSocket(BindNow(path, options), guard);
            }
            catch
            {
                guard.Dispose();
                throw;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or SocketException or LinuxException)
        {
            throw new StartException($"The socket {path} cannot be made: {error.Message} Check the directory and its permissions, or choose another with --listen.", error);
        }
    }

    /// <summary>Takes what the service manager has bound and listens on already; path, mode and group stay as it made them.</summary>
    /// <exception cref="StartException">It is no socket for the API.</exception>
    public static ApiSocket Take(HandedDescriptor handed)
    {
        if (handed.Name != HandedName)
        {
            throw new StartException($"systemd handed over a descriptor by the name '{handed.Name}', which is not known. Set FileDescriptorName={HandedName} in the socket unit.");
        }

        var socket = InheritedSocket.TryTake(handed.Descriptor)
            ?? throw new StartException("What systemd handed over for the API is no listening unix stream socket. Set ListenStream= in the socket unit to an absolute path.");
        return Path.IsPathRooted(PathOf(socket))
            ? new ApiSocket(socket, null)
            : throw new StartException("The socket that systemd handed over for the API has no path. Set ListenStream= in the socket unit to an absolute path.");
    }

    /// <summary>Where it is bound.</summary>
    public static string PathOf(Socket socket) => socket.LocalEndPoint?.ToString() ?? "";

    /// <summary>The lock of whoever serves a socket.</summary>
    public static string LockPathOf(string path) => path + ".lock";

    public void Dispose() => _lock?.Dispose();

    private static Socket BindNow(string path, AgentOptions options)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            if (options.SocketGroup.Length > 0)
            {
                var gid = new UserNames().FindGroup(options.SocketGroup)
                    ?? throw new StartException($"There is no group '{options.SocketGroup}' for the socket. Create it, or change [agent] socket_group.");
                FileOwner.SetGroup(path, gid);
            }

            File.SetUnixFileMode(path, options.SocketMode);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Two agents that start at the same moment both see no socket; the lock (flock(2)) lets one of them go on. The
    // file stays: removing it would let a third one lock a new file of the same name.
    private static FileLock TakeLock(string path) =>
        FileLock.TryAcquire(LockPathOf(path), out var holder)
        ?? throw new StartException($"Another agent{(holder is null ? "" : $" (process {holder})")} serves the socket {path}. Stop it, or choose another socket with --listen.");

    private static void RemoveStale(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        if ((File.GetAttributes(path) & (FileAttributes.Directory | FileAttributes.ReparsePoint)) != 0 || !FileOwner.IsSocket(path))
        {
            throw new StartException($"{path} is there and is not a socket. Remove it, or choose another with --listen.");
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock)
        {
            // A full backlog: somebody is there, however busy.
        }

        throw new StartException($"Another program answers on the socket {path}. Stop it, or choose another socket with --listen.");
    }
}
