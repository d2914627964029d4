namespace NodeAgent.Bindings.Linux;

/// <summary>What a path leads to (inode(7)).</summary>
public enum FileKind
{
    /// <summary>A kind that is not of this list.</summary>
    Other,

    /// <summary>A regular file.</summary>
    Regular,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A block device.</summary>
    BlockDevice,

    /// <summary>A character device.</summary>
    CharacterDevice,

    /// <summary>A named pipe; opening one can wait for ever.</summary>
    Pipe,

    /// <summary>A unix socket.</summary>
    Socket,
}
