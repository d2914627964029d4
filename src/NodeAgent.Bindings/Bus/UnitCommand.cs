namespace NodeAgent.Bindings.Bus;

/// <summary>A command of a unit.</summary>
/// <param name="Path">The program, absolute.</param>
/// <param name="Arguments">All arguments, the program's own name (argv[0]) first.</param>
public sealed record UnitCommand(string Path, IReadOnlyList<string> Arguments)
{
    /// <summary>
    /// For <see cref="UnitValue.CommandsEx"/>: <c>privileged</c> (the prefix <c>+</c>), <c>ignore-failure</c> (<c>-</c>),
    /// <c>no-setuid</c> (<c>!</c>), <c>no-env-expand</c> (<c>:</c>). <see cref="UnitValue.Commands"/> knows only the second.
    /// </summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
}
