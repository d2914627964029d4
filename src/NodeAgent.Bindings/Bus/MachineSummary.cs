namespace NodeAgent.Bindings.Bus;

/// <summary>A machine in machined's list.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Class"><c>vm</c>, <c>container</c> or <c>host</c>.</param>
/// <param name="Service">Who registered it; ours are <c>nodeagent</c>.</param>
public sealed record MachineSummary(string Name, string Class, string Service);
