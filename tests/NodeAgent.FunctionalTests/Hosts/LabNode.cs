namespace NodeAgent.FunctionalTests.Hosts;

/// <summary>
/// A lab host with the Debian package installed and its AppArmor profile enforced, which all tests of a class share; made
/// when the first one asks for it.
/// </summary>
public sealed class LabNode : IAsyncDisposable
{
    private const string Enforce = "sed -i 's/, complain)/)/' /etc/apparmor.d/usr.sbin.nodeagentd && apparmor_parser -r /etc/apparmor.d/usr.sbin.nodeagentd";

    private Task<InstalledNode>? _starting;

    /// <summary>The node; skips the test where this machine can't run one.</summary>
    internal Task<InstalledNode> NodeAsync()
    {
        LabHost.Needed();
        return _starting ??= StartAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_starting is { IsCompletedSuccessfully: true } started)
        {
            await (await started).DisposeAsync();
        }
    }

    private static async Task<InstalledNode> StartAsync()
    {
        var node = new InstalledNode(await LabHost.StartAsync("lab-node"));
        try
        {
            await node.BecomeNodeAsync(Enforce);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }
}
