namespace NodeAgent.Tls;

/// <summary>A handshake that is under way on a connection.</summary>
/// <param name="place">Its place among those from one address.</param>
internal sealed class Handshake(IDisposable place)
{
    /// <summary>Whether it led into the connection, or its refusal is on record. Otherwise it came to nothing before there was anybody to judge.</summary>
    public bool IsDecided { get; private set; }

    /// <summary>It led into the connection: the place is free for another.</summary>
    public void Succeeded()
    {
        IsDecided = true;
        place.Dispose();
    }

    /// <summary>It is refused, and that is on record.</summary>
    public void Refused() => IsDecided = true;
}
