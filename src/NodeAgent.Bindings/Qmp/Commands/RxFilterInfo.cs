namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>query-rx-filter</c>.</summary>
/// <param name="Name">Id of one network device; all when null.</param>
public sealed record RxFilterArguments(string? Name = null);

/// <summary>What a guest's network device lets in (QAPI <c>RxFilterInfo</c>).</summary>
/// <param name="Name">Id of the device.</param>
/// <param name="MainMac">The hardware address that the guest uses now.</param>
/// <param name="Promiscuous">Whether it takes everything.</param>
public sealed record RxFilterInfo(string Name, string MainMac, bool Promiscuous);
