namespace NodeAgent.Hosting;

/// <summary>The node's own id: made once, kept in the state directory beside the ledger, and not the ledger's, so that it outlives a salvage.</summary>
internal static class NodeIdFile
{
    /// <summary>Reads it, or makes it.</summary>
    /// <exception cref="IOException">The state directory can't be read or written.</exception>
    public static Guid ReadOrCreate(string stateDirectory)
    {
        var path = Path.Combine(stateDirectory, "node-id");
        if (File.Exists(path) && Guid.TryParse(File.ReadAllText(path).Trim(), out var id))
        {
            return id;
        }

        id = Guid.NewGuid();
        File.WriteAllText(path + ".new", $"{id}\n");
        File.Move(path + ".new", path, overwrite: true);
        return id;
    }
}
