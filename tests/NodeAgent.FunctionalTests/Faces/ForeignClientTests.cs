using System.Collections.Concurrent;
using System.Text.Json;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>A generic gRPC client, written in another language by others, knows nothing of our contract but what reflection tells it.</summary>
public sealed class ForeignClientTests
{
    // What buf returns is the gRPC code shifted by three bits.
    private const int Unimplemented = 12 << 3, Internal = 13 << 3, Unknown = 2 << 3;

    private static string Buf => Path.Combine(Artifacts.Tree, "tests/tools/buf/node_modules/@bufbuild/buf-linux-x64/bin/buf");

    [Fact]
    public async Task Reflection_lists_the_contract()
    {
        await using var agent = await StartAsync();

        var services = (await CurlAsync(agent, "", "--list-services")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);

        services.ShouldBe(
            [
                "google.longrunning.Operations", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection", "nodeagent.v1.AuditService", "nodeagent.v1.EventService", "nodeagent.v1.FleetService", "nodeagent.v1.NodeService", "nodeagent.v1.VmService",
            ],
            ignoreOrder: true);
    }

    [Fact]
    public async Task Every_method_of_every_service_answers()
    {
        await using var agent = await StartAsync();
        var methods = (await CurlAsync(agent, "", "--list-methods")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        methods.Length.ShouldBeGreaterThanOrEqualTo(30);
        var wrong = new ConcurrentBag<string>();

        // An empty request of each: what demands something says so; what streams for ever is told to end.
        await Parallel.ForEachAsync(methods, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (method, _) =>
        {
            var answer = await CurlAsync(agent, method, "--data", "{}", "--timeout", "2s");
            var isEndless = method.Contains("/Watch") || method.EndsWith("ServerReflectionInfo", StringComparison.Ordinal);
            if (answer.ExitCode is Unimplemented or Internal or Unknown or (> 0 and < 8) || (!isEndless && answer.ExitCode == 4 << 3))
            {
                wrong.Add($"{method}: {answer.ExitCode}: {answer.Output}{answer.Errors}");
            }
        });

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public async Task Vm_is_created_started_and_stopped_by_somebody_elses_client()
    {
        await using var agent = await StartAsync();
        await OkAsync("CreateVm", """{"vm":{"name":"foreign","spec":{"cpu":{"vcpus":1},"memoryBytes":"16777216","accelerator":"ACCELERATOR_TCG"}}}""");

        var operation = await OkAsync("StartVm", """{"vm":"foreign","paused":true}""");
        var metadata = operation.GetProperty("metadata");
        metadata.GetProperty("@type").GetString().ShouldBe("type.googleapis.com/nodeagent.v1.OperationMetadata", "the client knows what is inside an Any, by reflection alone");
        metadata.GetProperty("verb").GetString().ShouldBe("StartVm");
        var ended = Json(await CurlAsync(agent, "google.longrunning.Operations/WaitOperation", "-d", $$"""{"name":"{{operation.GetProperty("name").GetString()}}","timeout":"30s"}"""));
        ended.GetProperty("done").GetBoolean().ShouldBeTrue();
        (await OkAsync("GetVm", """{"vm":"foreign"}""")).GetProperty("status").GetProperty("state").GetString().ShouldBe("VM_STATE_PAUSED");
        await agent.Client.ForceStopAsync("foreign");

        var missing = await CurlAsync(agent, "nodeagent.v1.VmService/GetVm", "-d", """{"vm":"nobody"}""");
        missing.ExitCode.ShouldBe(5 << 3);
        missing.Errors.ShouldContain("google.rpc.ErrorInfo");

        async Task<JsonElement> OkAsync(string method, string data) => Json(await CurlAsync(agent, $"nodeagent.v1.VmService/{method}", "-d", data));
    }

    private static async Task<Agent> StartAsync()
    {
        Assert.SkipUnless(File.Exists(Buf), "buf is not there; make setup fetches it");
        var agent = await Agent.StartAsync();
        try
        {
            await agent.Client.CreateAsync(Guest.Empty("one"));
            return agent;
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    private static Task<Command> CurlAsync(Agent agent, string method, params string[] options) => Command.RunAsync(
        Buf, ["curl", "--unix-socket", agent.Socket, "--protocol", "grpc", "--http2-prior-knowledge", $"http://agent/{method}", .. options]);

    private static JsonElement Json(Command command)
    {
        using var document = JsonDocument.Parse(command.Succeeded());
        return document.RootElement.Clone();
    }
}
