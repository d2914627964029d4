namespace NodeAgent.Hypervisor.Consoles;

/// <summary>
/// A VM's console output on disk, bounded: two files of half the size each, of which the older is dropped when the
/// newer is full. Nothing is held in memory, and what is kept outlives the guest and the agent.
/// </summary>
public sealed class ConsoleHistory
{
    private readonly Lock _lock = new();
    private readonly string _current;
    private readonly string _previous;
    private long _half;

    /// <summary>The history in a directory.</summary>
    /// <param name="directory">The VM's state directory; made when something is written.</param>
    /// <param name="bytes">How much is kept.</param>
    public ConsoleHistory(string directory, int bytes)
    {
        _current = Path.Combine(directory, "console.log");
        _previous = Path.Combine(directory, "console.log.1");
        _half = bytes / 2;
    }

    /// <summary>Changes how much is kept; what is more than that goes, oldest first.</summary>
    public void Limit(int bytes)
    {
        lock (_lock)
        {
            var shrinks = bytes / 2 < _half;
            _half = bytes / 2;
            try
            {
                if (shrinks && (Length(_current) > _half || Length(_previous) > _half))
                {
                    var kept = Tail([.. ReadFile(_previous), .. ReadFile(_current)], 2 * _half);
                    File.WriteAllBytes(_previous, kept[..^(int)Math.Min(kept.Length, _half)]);
                    File.WriteAllBytes(_current, Tail(kept, _half));
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // What is too much goes as new output comes.
            }
        }
    }

    /// <summary>Output that a full disk did not take, in bytes.</summary>
    public long DroppedBytes { get; private set; }

    /// <summary>Adds output. A disk that takes nothing costs the output, never the guest.</summary>
    public void Append(ReadOnlySpan<byte> output)
    {
        lock (_lock)
        {
            try
            {
                AppendLocked(output);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                DroppedBytes += output.Length;
            }
        }
    }

    /// <summary>Returns what is kept, oldest first.</summary>
    /// <param name="tailBytes">Only the last so many bytes; 0 for all.</param>
    public byte[] Read(long tailBytes = 0)
    {
        lock (_lock)
        {
            byte[] all = [.. ReadFile(_previous), .. ReadFile(_current)];
            return tailBytes > 0 ? Tail(all, tailBytes) : all;
        }
    }

    private void AppendLocked(ReadOnlySpan<byte> output)
    {
        if (output.Length > _half)
        {
            output = output[^(int)_half..];
        }

        Directory.CreateDirectory(Path.GetDirectoryName(_current)!);
        using (var file = File.OpenHandle(_current, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read))
        {
            var length = RandomAccess.GetLength(file);
            if (length + output.Length <= _half)
            {
                RandomAccess.Write(file, output, length);
                return;
            }
        }

        File.Move(_current, _previous, overwrite: true);
        using var next = File.OpenHandle(_current, FileMode.Create, FileAccess.Write, FileShare.Read);
        RandomAccess.Write(next, output, 0);
    }

    private static byte[] Tail(byte[] all, long bytes) => all.Length > bytes ? all[^(int)bytes..] : all;

    private static long Length(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;

    private static byte[] ReadFile(string path) => File.Exists(path) ? File.ReadAllBytes(path) : [];
}
