using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;

namespace NodeAgent.FunctionalTests.Hosts;

/// <summary>
/// A host of a test's own with systemd as its first process, whose disk outlives a power-off: a box, which is a container
/// and is up in a moment, or a lab host, which has a kernel of its own.
/// </summary>
internal interface ITestHost : IAsyncDisposable
{
    /// <summary>What it is called outside.</summary>
    string Name { get; }

    /// <summary>Runs a line of shell as root, and waits for its end; 80 s at most.</summary>
    Task<Command> RunAsync(string shell);

    /// <summary>Copies a file to its disk; folders are made, the mode is kept.</summary>
    Task CopyInAsync(string source, string inside);

    /// <summary>Where a unix socket inside can be connected to from outside, as root, while the host is up.</summary>
    Task<string> ReachAsync(string socket);

    /// <summary>An agent's API inside, as root.</summary>
    AgentClient Connect();

    /// <summary>Shuts the host down in order and waits until it is off.</summary>
    Task PowerOffAsync();

    /// <summary>Boots it again, on the same disk; returns when its systemd has started all that it is to start.</summary>
    Task BootAsync();
}
