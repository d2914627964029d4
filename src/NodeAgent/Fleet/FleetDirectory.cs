using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Fleet;

/// <summary>
/// STATE/fleet: files that are replaced as a whole, and folders beside them. Nobody but the agent's own user may read any
/// of it. A file that is damaged is set aside, and one that cannot be read now is left for the next agent: the node is in no
/// fleet then, and its guests have their agent.
/// </summary>
/// <param name="stateDirectory">The agent's state directory.</param>
/// <param name="log">Where damage is told.</param>
internal sealed partial class FleetDirectory(string stateDirectory, ILogger<FleetDirectory> log)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path = Path.Combine(stateDirectory, "fleet");
    private readonly List<string> _damage = [];

    /// <summary>What could not be used, and where it is now; empty when all could.</summary>
    public string Damage => string.Join(' ', _damage);

    /// <summary>The path of a folder in it.</summary>
    public string Folder(string name) => Path.Combine(_path, name);

    /// <summary>Makes it, where it is not there.</summary>
    public void Make() => MakeDirectory(_path);

    /// <summary>Makes a folder in it; what an agent left that was killed before its folder counted is removed first.</summary>
    /// <returns>Its path.</returns>
    public string MakeFolder(string name)
    {
        Make();
        var folder = Folder(name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        MakeDirectory(folder);
        return folder;
    }

    /// <summary>Reads a file; <c>null</c> where there is none, or none that can be used.</summary>
    /// <param name="name">The file.</param>
    /// <param name="type">What is in it.</param>
    /// <param name="remedy">What is to be done where it is damaged, or comes of that.</param>
    public T? Read<T>(string name, JsonTypeInfo<T> type, string remedy)
        where T : class
    {
        var path = Path.Combine(_path, name);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), type) : null;
        }
        catch (JsonException broken)
        {
            _damage.Add($"{path} is damaged: {broken.Message} {SetAside(path)} {remedy}");
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // A disk that fails for a moment must cost no membership.
            _damage.Add($"{path} cannot be read: {failed.Message} It is left as it is; see to the state directory, and restart the agent.");
        }

        LogDamaged(_damage[^1]);
        return null;
    }

    /// <summary>Replaces a file; durable when this returns. A kill leaves the old or the new whole.</summary>
    /// <exception cref="IOException">It could not be written; what there was before still counts.</exception>
    public void Replace(string name, string text)
    {
        var path = Path.Combine(_path, name);
        Write(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
        DirectorySync.Run(_path);
    }

    /// <summary>Removes files; durable when this returns.</summary>
    public void Remove(params string[] names)
    {
        if (Directory.Exists(_path))
        {
            foreach (var name in names)
            {
                File.Delete(Path.Combine(_path, name));
            }

            DirectorySync.Run(_path);
        }
    }

    /// <summary>Removes all folders but one.</summary>
    public void Sweep(string? keep)
    {
        foreach (var folder in Directory.Exists(_path) ? Directory.GetDirectories(_path) : [])
        {
            if (Path.GetFileName(folder) != keep)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>Removes what an agent left that was killed while it left a fleet; nothing where something was damaged, which may need it yet.</summary>
    /// <param name="keep">A folder that is not left, but in use.</param>
    /// <param name="file">A file that is left.</param>
    public void ClearLeft(string? keep, string? file)
    {
        try
        {
            if (_damage.Count == 0)
            {
                Sweep(keep);
                if (file is not null && File.Exists(Path.Combine(_path, file)))
                {
                    Remove(file);
                }
            }
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            LogLeft(_path, failed.Message);
        }
    }

    /// <summary>Writes a file that counts only later, by the replacing of another.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public static void Write(string path, string text)
    {
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
        file.Write(System.Text.Encoding.UTF8.GetBytes(text));
        file.Flush(flushToDisk: true);
    }

    private static string SetAside(string path)
    {
        try
        {
            File.Move(path, path + ".damaged", overwrite: true);
            return $"It is set aside as {path}.damaged.";
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return $"It could not be set aside: {failed.Message}";
        }
    }

    private static void MakeDirectory(string path) => Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Damage} Guests and the local API are not concerned.")]
    private partial void LogDamaged(string damage);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What is left of an earlier membership in {Directory} could not be removed: {Problem}")]
    private partial void LogLeft(string directory, string problem);
}
