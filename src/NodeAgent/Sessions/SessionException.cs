namespace NodeAgent.Sessions;

/// <summary>A session has ended, and why, for people.</summary>
internal sealed class SessionException(string message) : Exception(message);
