namespace NodeAgent.Security;

/// <summary>A ticket as its issuer gets it. A class, because a record would print the secret.</summary>
internal sealed class IssuedTicket(string secret, DateTimeOffset expireTime)
{
    /// <summary>What is to be presented; it is kept nowhere else.</summary>
    public string Secret { get; } = secret;

    /// <summary>When it expires, by the clock as it was when the ticket was made.</summary>
    public DateTimeOffset ExpireTime { get; } = expireTime;
}
