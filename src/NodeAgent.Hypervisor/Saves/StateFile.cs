using Microsoft.Win32.SafeHandles;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Saves;

/// <summary>
/// The file that a guest's state goes to: the agent makes it, for nobody else's eyes, and QEMU gets it open. Until it is
/// on record it is nobody's, and whoever finds it removes it.
/// </summary>
internal sealed class StateFile : IDisposable
{
    private const string Pattern = "*.state";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _directory;
    private Task _flushing = Task.CompletedTask;

    private StateFile(string directory, string name, SafeFileHandle handle)
    {
        _directory = directory;
        Name = name;
        Handle = handle;
    }

    /// <summary>Its name in the directory.</summary>
    public string Name { get; }

    /// <summary>
    /// The open file, for writing only. Its position is QEMU's too and starts at the beginning: nothing here may move it, and
    /// a FileStream would.
    /// </summary>
    public SafeFileHandle Handle { get; }

    private string Path => System.IO.Path.Combine(_directory, Name);

    /// <summary>Makes it, empty.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static StateFile Create(string directory, Guid runId)
    {
        Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
        // Another name each time: on a file system that hangs an earlier attempt may still be under way.
        var name = $"{runId:N}-{Guid.NewGuid():N}.state";
        var path = System.IO.Path.Combine(directory, name);
        new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }).Dispose();
        return new StateFile(directory, name, File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete));
    }

    /// <summary>Opens one that is on record, at its beginning, to be read.</summary>
    /// <exception cref="IOException">It is not there, or it is not whole.</exception>
    public static SafeFileHandle Open(string directory, SavedState saved)
    {
        var path = System.IO.Path.Combine(directory, saved.File);
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (RandomAccess.GetLength(handle) == saved.SizeBytes)
        {
            return handle;
        }

        handle.Dispose();
        throw new IOException($"{path} is not as long as it was when it was saved.");
    }

    /// <summary>Whether the file of a record is there and as long as it was.</summary>
    public static bool IsWhole(string directory, SavedState saved) =>
        new FileInfo(System.IO.Path.Combine(directory, saved.File)) is { Exists: true } file && file.Length == saved.SizeBytes;

    /// <summary>Removes one that is no longer on record; what cannot be removed now is swept at the agent's next start.</summary>
    public static void Remove(string directory, SavedState saved) => TryDelete(System.IO.Path.Combine(directory, saved.File));

    /// <summary>Removes what was left by saves that came to nothing.</summary>
    /// <param name="directory">The VM's state directory.</param>
    /// <param name="keep">What is on record, if anything is.</param>
    public static void Sweep(string directory, SavedState? keep)
    {
        foreach (var path in Directory.Exists(directory) ? Directory.GetFiles(directory, Pattern) : [])
        {
            if (System.IO.Path.GetFileName(path) != keep?.File)
            {
                TryDelete(path);
            }
        }
    }

    /// <summary>Begins to bring what is there by now to the disk, so that the end has less to wait for.</summary>
    public void FlushSome()
    {
        if (_flushing.IsCompletedSuccessfully)
        {
            _flushing = Task.Run(() => RandomAccess.FlushToDisk(Handle));
        }
    }

    /// <summary>Waits until all of it is on disk, and its name.</summary>
    /// <returns>Its length in bytes.</returns>
    /// <exception cref="IOException">The disk failed.</exception>
    public async Task<long> FlushAsync()
    {
        // An error of the disk is told once: also what was flushed before must have succeeded.
        await _flushing;
        return await Task.Run(() =>
        {
            RandomAccess.FlushToDisk(Handle);
            DirectorySync.Run(_directory);
            DirectorySync.Run(System.IO.Path.GetDirectoryName(_directory)!);
            return RandomAccess.GetLength(Handle);
        });
    }

    /// <summary>Removes it.</summary>
    public void Delete() => TryDelete(Path);

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception clutter) when (clutter is IOException or UnauthorizedAccessException)
        {
            // Not on record, so nobody goes on from it; the next sweep finds it.
        }
    }
}
