namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>query-command-line-options</c>.</summary>
/// <param name="Option">One option; all when null.</param>
public sealed record CommandLineOptionsArguments(string? Option = null);

/// <summary>An option of the command line (QAPI <c>CommandLineOptionInfo</c>).</summary>
/// <param name="Option">Its name without the dash, such as <c>sandbox</c>.</param>
/// <param name="Parameters">What can be said with it; empty when QEMU does not tell.</param>
public sealed record CommandLineOption(string Option, IReadOnlyList<CommandLineParameter> Parameters);

/// <summary>A parameter of an option (QAPI <c>CommandLineParameterInfo</c>).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type"><c>string</c>, <c>boolean</c>, <c>number</c> or <c>size</c>.</param>
public sealed record CommandLineParameter(string Name, string Type);
