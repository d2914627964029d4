using System.Runtime.InteropServices;

namespace NodeAgent.FunctionalTests.Agents;

/// <summary>What a test that plays the service manager gives an agent.</summary>
internal sealed record ServiceSetting
{
    /// <summary>Variables, as NAME=VALUE.</summary>
    public IReadOnlyList<string> Variables { get; init; } = [];

    /// <summary>The API's socket, made and listened on by the test; <c>null</c> when the agent makes its own.</summary>
    public SafeHandle? Listener { get; init; }
}
