namespace NodeAgent.Health;

/// <summary>This run of the agent.</summary>
/// <param name="Epoch">Counts the agent's starts on this state directory.</param>
/// <param name="StartTime">When it began.</param>
internal sealed record AgentLife(long Epoch, DateTimeOffset StartTime);
