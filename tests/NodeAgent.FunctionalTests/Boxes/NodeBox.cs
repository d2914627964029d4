using NodeAgent.FunctionalTests.Hosts;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>A box with the Debian package installed.</summary>
internal sealed class NodeBox : InstalledNode
{
    private NodeBox(SystemdBox box)
        : base(box) => Box = box;

    public SystemdBox Box { get; }

    /// <summary>Boots a box, and makes it a node.</summary>
    /// <param name="launcher">Who is to run QEMU, when it is not for the agent to choose.</param>
    public static async Task<NodeBox> StartAsync(string? launcher = null)
    {
        var node = new NodeBox(await SystemdBox.StartAsync());
        try
        {
            await node.BecomeNodeAsync(launcher is null ? "true" : $"printf '[qemu]\\nlauncher = {launcher}\\n' >/etc/nodeagent/conf.d/launcher.conf");
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>A guest that prints a line ten times a second; running.</summary>
    public async Task<BoxGuest> StartGuestAsync(string name) => BoxGuest.Of(await StartTickAsync(name), Box);
}
