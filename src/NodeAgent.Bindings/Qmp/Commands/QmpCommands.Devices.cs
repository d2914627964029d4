namespace NodeAgent.Bindings.Qmp.Commands;

/// <content>Disks, network devices and file descriptors of the running machine.</content>
public static partial class QmpCommands
{
    /// <summary>Counters of the disks.</summary>
    public static QmpCommand<BlockStatsArguments, BlockStatsInfo[]> QueryBlockStats =>
        field ??= new("query-blockstats", Json.BlockStatsArguments, Json.BlockStatsInfoArray);

    /// <summary>The guest's drives.</summary>
    public static QmpCommand<QmpEmpty, BlockDevice[]> QueryBlock =>
        field ??= new("query-block", null, Json.BlockDeviceArray);

    /// <summary>The block nodes.</summary>
    public static QmpCommand<NamedBlockNodesArguments, BlockNode[]> QueryNamedBlockNodes =>
        field ??= new("query-named-block-nodes", Json.NamedBlockNodesArguments, Json.BlockNodeArray);

    /// <summary>Changes the size of a disk while the guest uses it.</summary>
    public static QmpCommand<BlockResizeArguments, QmpEmpty> BlockResize =>
        field ??= new("block_resize", Json.BlockResizeArguments, Json.QmpEmpty);

    /// <summary>What the network devices let in.</summary>
    public static QmpCommand<RxFilterArguments, RxFilterInfo[]> QueryRxFilter =>
        field ??= new("query-rx-filter", Json.RxFilterArguments, Json.RxFilterInfoArray);

    /// <summary>Gives QEMU a file descriptor under a name. Pass the descriptor with the command.</summary>
    public static QmpCommand<NamedDescriptorArguments, QmpEmpty> GetFd =>
        field ??= new("getfd", Json.NamedDescriptorArguments, Json.QmpEmpty);

    /// <summary>Closes a descriptor given with <see cref="GetFd"/> that nothing has used.</summary>
    public static QmpCommand<NamedDescriptorArguments, QmpEmpty> CloseFd =>
        field ??= new("closefd", Json.NamedDescriptorArguments, Json.QmpEmpty);

    /// <summary>Lets in a viewer whose connection was given with <see cref="GetFd"/>, as if it had come by itself.</summary>
    public static QmpCommand<AddClientArguments, QmpEmpty> AddClient =>
        field ??= new("add_client", Json.AddClientArguments, Json.QmpEmpty);

    /// <summary>Adds a descriptor to a set, which file names can refer to. Pass it with the command.</summary>
    public static QmpCommand<AddFdArguments, AddedFd> AddFd =>
        field ??= new("add-fd", Json.AddFdArguments, Json.AddedFd);

    /// <summary>Removes descriptors from a set.</summary>
    public static QmpCommand<RemoveFdArguments, QmpEmpty> RemoveFd =>
        field ??= new("remove-fd", Json.RemoveFdArguments, Json.QmpEmpty);

    /// <summary>The sets of descriptors.</summary>
    public static QmpCommand<QmpEmpty, FdSet[]> QueryFdSets => field ??= new("query-fdsets", null, Json.FdSetArray);
}
