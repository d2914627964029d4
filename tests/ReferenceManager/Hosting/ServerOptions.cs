using ReferenceManager.Addresses;

namespace ReferenceManager.Hosting;

/// <summary>How a manager is started.</summary>
internal sealed record ServerOptions(string DataDirectory, HostPort Listen)
{
    /// <summary>Where nodes reach it, as "host:port"; empty means the address that it listens on.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>Its name in its certificate and in the log of nodes.</summary>
    public string Name { get; init; } = "reference";

    /// <summary>Id of a new fleet; <c>null</c> for one that is made up. An old fleet keeps its own.</summary>
    public string? Fleet { get; init; }

    /// <summary>How often nodes renew their lease: 1 to 60 s in the contract.</summary>
    public TimeSpan LeaseInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a node's certificate is valid.</summary>
    public TimeSpan NodeValidity { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long the manager's own certificate is valid.</summary>
    public TimeSpan OwnValidity { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Written when nodes can come, with one endpoint a line; <c>null</c> for none.</summary>
    public string? ReadyFile { get; init; }

    /// <summary>The socket of the admin API.</summary>
    public string AdminSocket => AdminSocketIn(DataDirectory);

    /// <summary>The socket of the admin API of the manager whose data is there.</summary>
    public static string AdminSocketIn(string directory) => Path.Combine(directory, "admin.sock");
}
