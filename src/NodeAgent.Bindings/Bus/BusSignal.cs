namespace NodeAgent.Bindings.Bus;

/// <summary>A signal while it is being dispatched; its body is gone afterwards.</summary>
internal readonly record struct BusSignal(string Path, string Interface, string Member, BusReader Body);
