using System.Collections.Immutable;
using System.Text.Json.Serialization;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Fleet;

/// <summary>What a node keeps of the fleet it is in.</summary>
internal sealed record FleetMembership
{
    /// <summary>The fleet's id.</summary>
    public required string FleetId { get; init; }

    /// <summary>Where sessions are opened, "host:port", in the order to try.</summary>
    public required ImmutableArray<string> Endpoints { get; init; }

    /// <summary>Where they are opened once it is time to move; <c>null</c> when no move is announced.</summary>
    public EndpointMove? Move { get; init; }

    /// <summary>TrustBundle.version of what is kept.</summary>
    public long TrustVersion { get; init; }

    /// <summary>The folder beside this file that holds certificate, key and trust.</summary>
    public required string Folder { get; init; }

    /// <summary>Where sessions are opened at this time.</summary>
    public ImmutableArray<string> EndpointsAt(DateTimeOffset now) => Move is { } move && move.Time <= now ? move.Endpoints : Endpoints;
}

/// <summary>A manager has announced that it is reached elsewhere.</summary>
/// <param name="Endpoints">Where.</param>
/// <param name="Time">From when on.</param>
internal sealed record EndpointMove(ImmutableArray<string> Endpoints, DateTimeOffset Time);

/// <summary>An enrolment that the manager has not decided.</summary>
internal sealed record PendingEnrolment
{
    /// <summary>The token as it was given: a repeat goes on with it.</summary>
    public required string Token { get; init; }

    /// <summary>The node's new key, PKCS #8 in PEM.</summary>
    public required string Key { get; init; }
}

/// <summary>
/// A request about the membership that was begun and is not in the ledger yet. Membership and ledger are two files, and a
/// kill between the two must not make a repeat of the request into another one.
/// </summary>
internal sealed record BegunRequest
{
    /// <summary>As the ledger is to have it.</summary>
    public required KeyRow Key { get; init; }

    /// <summary>What <see cref="MembershipStore.Mark"/> was before: with another one, it was done.</summary>
    public required string Before { get; init; }
}

/// <summary>JSON by source generation.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(FleetMembership))]
[JsonSerializable(typeof(PendingEnrolment))]
[JsonSerializable(typeof(BegunRequest))]
internal sealed partial class FleetJson : JsonSerializerContext;
