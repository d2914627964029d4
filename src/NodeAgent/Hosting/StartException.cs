namespace NodeAgent.Hosting;

/// <summary>The agent can't start; the message says why and what to do, and is all that the operator is shown.</summary>
internal sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);
