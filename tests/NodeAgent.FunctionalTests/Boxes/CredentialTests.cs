using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Remote;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>The node's key handed over by systemd, from where the agent itself cannot read.</summary>
public sealed class CredentialTests
{
    private const string Listen = "127.0.0.1:9465";

    [Fact]
    public async Task Key_that_systemd_hands_over_proves_the_node_to_a_caller_from_elsewhere()
    {
        using var fleet = new Fleet();
        var (certificate, key) = fleet.Issue("admin", "alice");
        await using var node = await NodeBox.StartAsync();
        foreach (var (source, inside) in ((string, string)[])
            [(fleet.NodeCertificate, "/etc/nodeagent/tls/node.pem"), (fleet.NodeKey, "/root/keys/node.key"), (fleet.Authorities, "/etc/nodeagent/tls/ca.pem"),
            (certificate, "/root/alice/cert.pem"), (key, "/root/alice/key.pem")])
        {
            await node.Box.CopyInAsync(source, inside);
        }

        await File.WriteAllTextAsync(
            node.Box.Path("/etc/nodeagent/conf.d/remote.conf"),
            $"[remote]\nlisten = {Listen}\ncertificate = /etc/nodeagent/tls/node.pem\nkey = credential:node.key\nauthorities = /etc/nodeagent/tls/ca.pem\n");
        const string Elsewhere = $"nodectl --host {Listen} --timeout 10s --certificate /root/alice/cert.pem --key /root/alice/key.pem --authorities /etc/nodeagent/tls/ca.pem";
        (await node.RunAsync("systemctl restart nodeagentd")).Succeeded();
        (await node.RunAsync($"{Elsewhere} node get")).ExitCode.ShouldNotBe(0, "nobody has handed a key over yet");

        (await node.RunAsync(
            "mkdir -p /etc/systemd/system/nodeagentd.service.d && printf '[Service]\\nLoadCredential=node.key:/root/keys/node.key\\n' >/etc/systemd/system/nodeagentd.service.d/key.conf && "
            + "systemctl daemon-reload && systemctl restart nodeagentd")).Succeeded();

        (await node.RunAsync($"{Elsewhere} node get -o json")).Succeeded().ShouldContain("\"launcher\": \"systemd\"");

        // The key is the agent's alone: neither its path nor the credential can be read through its eyes or by others.
        var agent = await node.ShowAsync("MainPID");
        (await node.RunAsync($"nsenter --target={agent} --mount -- cat /root/keys/node.key")).ExitCode.ShouldNotBe(0);
        (await node.RunAsync("useradd bob && runuser -u bob -- cat /run/credentials/nodeagentd.service/node.key")).ExitCode.ShouldNotBe(0);
    }
}
