namespace NodeAgent.Configuration;

/// <summary>What the sources gave.</summary>
/// <param name="Options">The options; meaningful only without problems.</param>
/// <param name="Problems">Everything that is wrong, in the order of the sources.</param>
internal sealed record ConfigResult(AgentOptions Options, IReadOnlyList<ConfigProblem> Problems)
{
    public bool IsGood => Problems.Count == 0;
}
