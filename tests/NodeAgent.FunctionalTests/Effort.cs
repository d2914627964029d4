namespace NodeAgent.FunctionalTests;

/// <summary>
/// How long the long tests are: short in <c>make test</c>, whole in <c>make lab</c>. A test that has both forms carries
/// the trait <see cref="Trait"/>, by which the lab finds it; one that has no short form carries it as <see cref="WholeOnly"/>.
/// </summary>
internal static class Effort
{
    /// <summary>Name and value of the trait.</summary>
    public const string Trait = "effort", Scaled = "scaled", WholeOnly = "whole";

    /// <summary>Whether the whole form runs.</summary>
    public static bool IsWhole { get; } = Environment.GetEnvironmentVariable("NODEAGENT_EFFORT") == "whole";

    /// <summary>One of two numbers.</summary>
    public static int Pick(int brief, int whole) => IsWhole ? whole : brief;
}
