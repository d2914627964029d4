namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>migrate</c> and <c>migrate-incoming</c>.</summary>
/// <param name="Uri">The other end: <c>fd:NAME</c> for a descriptor given with <c>getfd</c>.</param>
public sealed record MigrationUri(string Uri);
