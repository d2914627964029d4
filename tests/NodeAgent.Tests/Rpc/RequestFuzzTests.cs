using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using NodeAgent.Security;
using NodeAgent.Tests.Hosting;

namespace NodeAgent.Tests.Rpc;

/// <summary>
/// Every method is sent what no client of good will would send. Whatever it is, the answer is neither a defect of the agent
/// nor a silence, and the agent serves the next one.
/// </summary>
public sealed class RequestFuzzTests
{
    private const int Requests = 90, Streams = 30;

    public static TheoryData<string> Unary => [.. Methods.Where(method => !FuzzCalls.IsStream(method)).Select(Path)];

    public static TheoryData<string> Streaming => [.. Methods.Where(FuzzCalls.IsStream).Select(Path)];

    private static IEnumerable<MethodDescriptor> Methods => ApiMethods.Services.SelectMany(service => service.Methods);

    [Theory]
    [MemberData(nameof(Unary))]
    public Task Any_request_gets_an_answer_that_is_no_defect(string path) => SurviveAsync(path, Requests, async (calls, method, random) =>
    {
        var request = Fuzz.Request(random, method.InputType);
        return (await FuzzCalls.AskAsync(calls, method, request), Convert.ToHexString(request));
    });

    [Theory]
    [MemberData(nameof(Streaming))]
    public Task Any_stream_ends_without_a_defect(string path) => SurviveAsync(path, Streams, async (calls, method, random) =>
    {
        byte[][] requests = [.. Enumerable.Range(0, method.IsClientStreaming ? random.Next(1, 6) : 1).Select(_ => Fuzz.Request(random, method.InputType))];
        return (await FuzzCalls.SpeakAsync(calls, method, requests), string.Join(' ', requests.Select(Convert.ToHexString)));
    });

    private static string Path(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    private static async Task SurviveAsync(string path, int count, Func<CallInvoker, MethodDescriptor, Random, Task<(StatusCode Code, string Sent)>> ask)
    {
        var method = Methods.Single(one => Path(one) == path);
        await using var agent = await RunningAgent.StartAsync();
        var calls = agent.Channel.CreateCallInvoker();
        foreach (var seed in Fuzz.Seeds)
        {
            var random = Fuzz.Dice(path, seed);
            for (var number = 0; number < count; number++)
            {
                // So that a verb which hits its name goes on from there; some delete it.
                await MakeVmAsync(calls);
                var (code, sent) = await ask(calls, method, random);
                code.ShouldNotBeOneOf(FuzzCalls.Defects, $"{path}, seed {seed}, request {number}: {sent}");
            }
        }

        (await FuzzCalls.AskAsync(calls, V1.VmService.Descriptor.FindMethodByName("ListVms"), [])).ShouldBe(StatusCode.OK);
        var log = await agent.StopAsync();
        var defect = log.IndexOf("failed by a defect", StringComparison.Ordinal);
        (defect < 0 ? "" : log[defect..Math.Min(log.Length, defect + 2000)]).ShouldBeEmpty();
    }

    private static async Task MakeVmAsync(CallInvoker calls)
    {
        var vm = new V1.Vm { Name = Fuzz.Vm, Spec = new V1.VmSpec { Cpu = new V1.CpuSpec { Vcpus = 1 }, MemoryBytes = 16 << 20 } };
        var code = await FuzzCalls.AskAsync(calls, V1.VmService.Descriptor.FindMethodByName("CreateVm"), new V1.CreateVmRequest { Vm = vm }.ToByteArray());
        code.ShouldBeOneOf(StatusCode.OK, StatusCode.AlreadyExists, StatusCode.ResourceExhausted);
    }
}
