using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hosting;

/// <summary>The node's own id: made once, kept in the state directory beside the ledger, and not the ledger's, so that it outlives a salvage.</summary>
internal static class NodeIdFile
{
    /// <summary>Reads it; makes it where there is none.</summary>
    /// <exception cref="StartException">It can't be read, written, or is no id. A new one would be another node to everybody.</exception>
    public static Guid ReadOrCreate(string stateDirectory)
    {
        var path = Path.Combine(stateDirectory, "node-id");
        try
        {
            return File.Exists(path) ? Read(path) : Create(path);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"The node's id, {path}, can't be read or made: {failed.Message} See to the state directory, or choose another with --state-dir.", failed);
        }
    }

    private static Guid Read(string path) => Guid.TryParse(File.ReadAllText(path).Trim(), out var id)
        ? id
        : throw new StartException(
            $"{path} does not hold the node's id (a UUID). Write the id back that the manager knows the node by, or that `nodectl node get` showed; without one, remove the file: the node is a new one then, and joins its fleet anew.");

    private static Guid Create(string path)
    {
        var id = Guid.NewGuid();
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes($"{id:D}\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path, overwrite: true);
        DirectorySync.Run(Path.GetDirectoryName(path)!);
        return id;
    }
}
