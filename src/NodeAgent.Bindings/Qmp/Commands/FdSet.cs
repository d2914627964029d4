namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>add-fd</c>.</summary>
/// <param name="FdsetId">The set to add to, made when it does not exist; a new one when null.</param>
/// <param name="Opaque">A note to recognise the descriptor by.</param>
public sealed record AddFdArguments(int? FdsetId = null, string? Opaque = null);

/// <summary>Where <c>add-fd</c> put the descriptor (QAPI <c>AddfdInfo</c>).</summary>
/// <param name="FdsetId">The set, which a file name refers to as <c>/dev/fdset/N</c>.</param>
/// <param name="Fd">The descriptor's number in QEMU.</param>
public sealed record AddedFd(int FdsetId, int Fd);

/// <summary>Arguments of <c>remove-fd</c>.</summary>
/// <param name="FdsetId">The set.</param>
/// <param name="Fd">One descriptor of it; all when null.</param>
public sealed record RemoveFdArguments(int FdsetId, int? Fd = null);

/// <summary>A set of descriptors (QAPI <c>FdsetInfo</c>).</summary>
/// <param name="FdsetId">The set.</param>
/// <param name="Fds">What is in it.</param>
public sealed record FdSet(int FdsetId, IReadOnlyList<FdSetMember> Fds);

/// <summary>A descriptor in a set (QAPI <c>FdsetFdInfo</c>).</summary>
/// <param name="Fd">Its number in QEMU.</param>
/// <param name="Opaque">The note given with it.</param>
public sealed record FdSetMember(int Fd, string? Opaque = null);
