namespace ReferenceManager.Control;

/// <summary>A node cannot be reached, or something else answers in its place.</summary>
internal sealed class DialException(string message) : IOException(message);
