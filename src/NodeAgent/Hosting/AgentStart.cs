using NodeAgent.Configuration;
using NodeAgent.Logging;

namespace NodeAgent.Hosting;

/// <summary>What is there before the listeners are built.</summary>
internal sealed record AgentStart(AgentOptions Options, Reloader Reloader, LineWriter Log, string Version, DateTimeOffset StartTime);
