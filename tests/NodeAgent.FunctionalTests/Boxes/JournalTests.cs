using System.Text.Json;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Hosts;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>What a real journal has of a VM, an operation, a request: found by their fields.</summary>
public sealed class JournalTests
{
    [Fact]
    public async Task Vm_operation_and_request_are_found_in_the_journal_by_their_fields()
    {
        await using var node = await NodeBox.StartAsync();
        var vm = await node.StartTickAsync("web");
        await node.StartTickAsync("other");
        var request = Guid.NewGuid().ToString("D");
        var stopping = await node.Client.Vms.StopVmAsync(new StopVmRequest { Vm = "web", Force = true, RequestId = request });
        await node.Client.WaitForEndAsync(stopping);
        var operation = stopping.Name.Split('/')[^1];

        var ofVm = await UntilFoundAsync(node, $"VM_ID={vm.Id} NODEAGENT_EVENT=vm.stopped");
        var ofOperation = await UntilFoundAsync(node, $"OPERATION_ID={operation}");
        var ofRequest = await UntilFoundAsync(node, $"REQUEST_ID={request}");

        ofVm.ShouldAllBe(entry => entry["VM_NAME"] == "web" && entry["SYSLOG_IDENTIFIER"] == "nodeagentd" && entry["_SYSTEMD_UNIT"] == "nodeagentd.service");
        ofOperation.ShouldAllBe(entry => entry["VM_ID"] == vm.Id && entry["REQUEST_ID"] == request);
        ofRequest.ShouldContain(entry => entry.GetValueOrDefault("OPERATION_ID") == operation);
        (await EntriesAsync(node, "VM_NAME=other")).ShouldAllBe(entry => entry.GetValueOrDefault("VM_ID") != vm.Id);
    }

    private static async Task<IReadOnlyList<Dictionary<string, string>>> UntilFoundAsync(InstalledNode node, string match)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (true)
        {
            if (await EntriesAsync(node, match) is { Count: > 0 } found)
            {
                return found;
            }

            // The journal writes beside whoever logs.
            await Task.Delay(50, limit.Token);
        }
    }

    private static async Task<IReadOnlyList<Dictionary<string, string>>> EntriesAsync(InstalledNode node, string match) =>
    [
        .. (await node.RunAsync($"journalctl --quiet --output=json {match}")).Succeeded()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(line)!.ToDictionary(field => field.Key, field => field.Value.ToString())),
    ];
}
