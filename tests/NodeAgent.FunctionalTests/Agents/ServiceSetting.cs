using System.Runtime.InteropServices;

namespace NodeAgent.FunctionalTests.Agents;

/// <summary>What a test that plays the service manager gives an agent.</summary>
internal sealed record ServiceSetting
{
    /// <summary>Variables, as NAME=VALUE.</summary>
    public IReadOnlyList<string> Variables { get; init; } = [];

    /// <summary>A program that becomes the agent: the agent's command line goes after this.</summary>
    public IReadOnlyList<string> Before { get; init; } = [];

    /// <summary>The API's socket, made and listened on by the test; <c>null</c> when the agent makes its own.</summary>
    public SafeHandle? Listener { get; init; }
}
