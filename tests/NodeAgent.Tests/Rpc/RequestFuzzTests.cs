using System.Collections;
using System.Collections.Immutable;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NodeAgent.Security;
using NodeAgent.Tests.Hosting;

namespace NodeAgent.Tests.Rpc;

/// <summary>
/// Every method that answers once is sent what no client of good will would send. Whatever it is, the answer is neither a
/// defect of the agent nor a silence, and the agent serves the next one.
/// </summary>
public sealed class RequestFuzzTests
{
    private const int Requests = 90;

    // A day's number, so that each day tries something else and the whole day's runs agree; a failure prints it.
    private static readonly int Today = (int)(TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalDays;

    // What failed once stays.
    private static readonly ImmutableArray<int> Kept = [1];

    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(static bytes => bytes, static bytes => bytes);

    public static TheoryData<string> Unary => [.. Methods.Select(Path)];

    private static IEnumerable<MethodDescriptor> Methods =>
        ApiMethods.Services.SelectMany(service => service.Methods).Where(method => !method.IsClientStreaming && !method.IsServerStreaming);

    [Theory]
    [MemberData(nameof(Unary))]
    public async Task Any_request_gets_an_answer_that_is_no_defect(string path)
    {
        var method = Methods.Single(one => Path(one) == path);
        await using var agent = await RunningAgent.StartAsync();
        var calls = agent.Channel.CreateCallInvoker();
        foreach (var seed in Kept.Append(Today))
        {
            var random = new Random(HashCode(path) ^ seed);
            for (var number = 0; number < Requests; number++)
            {
                var request = number % 3 == 0 ? Noise(random) : Message(random, method.InputType, 0).ToByteArray();
                var code = await CodeAsync(calls, method, request);
                code.ShouldNotBeOneOf([StatusCode.Internal, StatusCode.Unknown, StatusCode.DeadlineExceeded], $"{path}, seed {seed}, request {number}: {Convert.ToHexString(request)}");
            }
        }

        (await CodeAsync(calls, V1.VmService.Descriptor.FindMethodByName("ListVms"), [])).ShouldBe(StatusCode.OK);
        (await agent.StopAsync()).ShouldNotContain("failed by a defect");
    }

    private static string Path(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    // Of a string, the same in every run.
    private static int HashCode(string text) => text.Aggregate(17, (hash, c) => unchecked((hash * 31) + c));

    private static async Task<StatusCode> CodeAsync(CallInvoker calls, MethodDescriptor method, byte[] request)
    {
        var wire = new Method<byte[], byte[]>(MethodType.Unary, method.Service.FullName, method.Name, Bytes, Bytes);
        try
        {
            var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(30);
            await calls.AsyncUnaryCall(wire, null, new CallOptions(deadline: deadline, cancellationToken: TestContext.Current.CancellationToken), request);
            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }

    private static byte[] Noise(Random random)
    {
        var bytes = new byte[random.Next(0, 200)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static IMessage Message(Random random, MessageDescriptor type, int depth)
    {
        var message = type.Parser.ParseFrom(ByteString.Empty);
        if (message is Duration duration)
        {
            // Nobody waits here: what an operation may take is none of this test's business.
            (duration.Seconds, duration.Nanos) = random.Next(4) == 0 ? (random.NextInt64(long.MinValue, 0), random.Next(int.MinValue, 0)) : (0, random.Next(1_000_000));
            return message;
        }

        foreach (var field in type.Fields.InDeclarationOrder().Where(field => random.Next(3) > 0 && (depth < 5 || field.FieldType != FieldType.Message)))
        {
            if (field.IsMap)
            {
                var (key, value) = (field.MessageType.FindFieldByNumber(1), field.MessageType.FindFieldByNumber(2));
                ((IDictionary)field.Accessor.GetValue(message))[Value(random, key, depth)] = Value(random, value, depth);
            }
            else if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                for (var count = random.Next(4); count > 0; count--)
                {
                    list.Add(Value(random, field, depth));
                }
            }
            else
            {
                field.Accessor.SetValue(message, Value(random, field, depth));
            }
        }

        return message;
    }

    private static object Value(Random random, FieldDescriptor field, int depth) => field.FieldType switch
    {
        FieldType.Message or FieldType.Group => Message(random, field.MessageType, depth + 1),
        FieldType.String => Text(random),
        FieldType.Bytes => ByteString.CopyFrom(Noise(random)),
        FieldType.Bool => random.Next(2) == 0,
        FieldType.Enum => System.Enum.ToObject(field.EnumType.ClrType, random.Next(-2, 12)),
        FieldType.Float => (float)Number(random),
        FieldType.Double => (double)Number(random),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => unchecked((int)Number(random)),
        FieldType.UInt32 or FieldType.Fixed32 => unchecked((uint)Number(random)),
        FieldType.UInt64 or FieldType.Fixed64 => unchecked((ulong)Number(random)),
        _ => Number(random),
    };

    private static long Number(Random random) => random.Next(6) switch
    {
        0 => 0,
        1 => -1,
        2 => long.MaxValue,
        3 => long.MinValue,
        4 => random.Next(100),
        _ => random.NextInt64(),
    };

    private static string Text(Random random) => random.Next(9) switch
    {
        0 => "",
        1 => "web",
        2 => "../../etc/passwd",
        3 => new Guid([.. Enumerable.Range(0, 16).Select(_ => (byte)random.Next(256))]).ToString(),
        4 => "operations/" + random.Next(),
        5 => "\0\u202e\ud83d\ude00",
        6 => new string('x', random.Next(5000)),
        7 => "state=running AND ((labels.a=\"",
        _ => new string([.. Enumerable.Range(0, random.Next(20)).Select(_ => (char)random.Next(1, 0xD800))]),
    };
}
