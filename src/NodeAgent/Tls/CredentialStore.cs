using System.Security.Cryptography;

namespace NodeAgent.Tls;

/// <summary>
/// The credentials in force. They are read again when a file changes, at a reload, and when the fleet gives new ones; what
/// is faulty changes nothing and is told. Handshakes take what is in force when they begin, and no stream is dropped for
/// a new certificate.
/// </summary>
/// <param name="files">Where they lie now; <c>null</c> where the node has none.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where changes are told.</param>
internal sealed partial class CredentialStore(Func<CredentialFiles?> files, TimeProvider time, ILogger<CredentialStore> log) : IDisposable
{
    // Several files are replaced one after the other.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly List<Action> _observers = [];
    private readonly List<FileSystemWatcher> _watchers = [];
    private ITimer? _due;
    private NodeCredentials? _current;
    private string _problem = "";

    /// <summary>What is in force; <c>null</c> where the node has no certificate, and so serves nobody from elsewhere.</summary>
    public NodeCredentials? Current => Volatile.Read(ref _current);

    /// <summary>What was wrong with the files when they were last read; empty when nothing was.</summary>
    public string Problem => Volatile.Read(ref _problem);

    /// <summary>Calls <paramref name="observer"/> after each change; dispose to be told no more.</summary>
    public IDisposable Observe(Action observer)
    {
        lock (_gate)
        {
            _observers.Add(observer);
        }

        return new Observation(this, observer);
    }

    /// <summary>Reads them now.</summary>
    public void Reload()
    {
        Action[] observers;
        lock (_gate)
        {
            var place = files();
            Watch(place);
            try
            {
                var read = place?.Load();
                Volatile.Write(ref _current, read);
                Volatile.Write(ref _problem, "");
                if (read is not null)
                {
                    LogInForce(read.NodeName, read.Fleet, read.NotAfter, read.Trust.Authorities.Count);
                    foreach (var path in read.LeftAside)
                    {
                        LogLeftAside(path);
                    }
                }
            }
            catch (Exception wrong) when (wrong is CryptographicException or IOException or UnauthorizedAccessException)
            {
                Volatile.Write(ref _problem, wrong.Message);
                LogFaulty(wrong.Message, _current is null ? "nobody from elsewhere is served" : "what was read before stays in force");
            }

            observers = [.. _observers];
        }

        foreach (var observer in observers)
        {
            observer();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _due?.Dispose();
            _watchers.ForEach(watcher => watcher.Dispose());
            _watchers.Clear();
        }
    }

    // Directories are watched and not files, because a file is replaced by a rename.
    private void Watch(CredentialFiles? place)
    {
        var wanted = place?.Paths.Select(path => Path.GetDirectoryName(path)!).Distinct().Where(Directory.Exists).ToHashSet() ?? [];
        if (wanted.SetEquals(_watchers.Select(watcher => watcher.Path)))
        {
            return;
        }

        _watchers.ForEach(watcher => watcher.Dispose());
        _watchers.Clear();
        _due ??= time.CreateTimer(_ => Reload(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        foreach (var directory in wanted)
        {
            try
            {
                var watcher = new FileSystemWatcher(directory) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite };
                watcher.Changed += (_, change) => Changed(change.FullPath);
                watcher.Created += (_, change) => Changed(change.FullPath);
                watcher.Deleted += (_, change) => Changed(change.FullPath);
                watcher.Renamed += (_, change) => Changed(change.FullPath);
                watcher.EnableRaisingEvents = true;
                _watchers.Add(watcher);
            }
            catch (IOException full)
            {
                // inotify(7) has limits; SIGHUP reads the files as well.
                LogNotWatched(directory, full.Message);
            }
        }
    }

    private void Changed(string path)
    {
        if (files()?.Paths.Contains(path) == true)
        {
            _due!.Change(Settling, Timeout.InfiniteTimeSpan);
        }
    }

    private sealed class Observation(CredentialStore store, Action observer) : IDisposable
    {
        public void Dispose()
        {
            lock (store._gate)
            {
                store._observers.Remove(observer);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Certificate of node {Node} in fleet {Fleet}, valid until {NotAfter:u}, and {Authorities} authorities are in force")]
    private partial void LogInForce(string node, string fleet, DateTimeOffset notAfter, int authorities);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A revocation list in {Path} is of no authority that the fleet trusts, and is left aside. Take it out, or put the present authority's in its place")]
    private partial void LogLeftAside(string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "The credentials are faulty, {Consequence}: {Problem}")]
    private partial void LogFaulty(string problem, string consequence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Changes in {Directory} are not seen; send SIGHUP after a change: {Problem}")]
    private partial void LogNotWatched(string directory, string problem);
}
