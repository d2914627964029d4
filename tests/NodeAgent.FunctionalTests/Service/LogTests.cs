using System.Text.Json;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Service;

/// <summary>What is logged says whom it is about, so that the log can be searched by VM, operation and request.</summary>
public sealed class LogTests
{
    [Fact]
    public async Task Calls_events_and_monitors_carry_the_ids_of_what_they_are_about()
    {
        await using var agent = await Agent.StartAsync(new AgentConfiguration
        {
            More = new Dictionary<string, string> { ["agent"] = "log_format = json\nlog_level = debug" },
        });
        var vm = await agent.Client.CreateAsync(Guest.Empty("one"));
        var start = await agent.Client.WaitAsync(await agent.Client.Vms.StartVmAsync(new StartVmRequest { Vm = "one", Paused = true, RequestId = "my-request" }));
        await agent.Client.ForceStopAsync("one");
        await agent.KillAsync();

        var lines = agent.ReadLog().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var call = lines.Single(line => Is(line, "method", "VmService/StartVm"));
        Is(call, "vm_id", vm.Id).ShouldBeTrue($"{call}");
        Is(call, "vm_name", "one").ShouldBeTrue($"{call}");
        Is(call, "request_id", "my-request").ShouldBeTrue($"{call}");
        Is(call, "operation_id", start.Name["operations/".Length..]).ShouldBeTrue($"{call}");

        var started = lines.Single(line => line.GetProperty("category").GetString() == "Vms" && Says(line, "Started with"));
        Is(started, "vm_id", vm.Id).ShouldBeTrue($"{started}");
        Is(started, "operation_id", start.Name["operations/".Length..]).ShouldBeTrue($"{started}");
        Is(started, "request_id", "my-request").ShouldBeTrue($"{started}");

        // A QMP connection knows of no VM; whoever opened it does.
        var connections = lines.Where(line => Is(line, "category", "Vms") && Says(line, "QMP connection open")).ToList();
        connections.Count.ShouldBeGreaterThanOrEqualTo(2);
        connections.ShouldAllBe(line => Is(line, "vm_id", vm.Id) && Is(line, "vm_name", "one"));
        await agent.StartAgainAsync();
    }

    private static bool Says(JsonElement line, string text) => line.GetProperty("message").GetString()!.Contains(text, StringComparison.Ordinal);

    private static bool Is(JsonElement line, string field, string value) =>
        line.TryGetProperty(field, out var found) && found.ValueKind is JsonValueKind.String && found.GetString() == value;
}
