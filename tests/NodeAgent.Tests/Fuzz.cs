using System.Collections;
using System.Collections.Immutable;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace NodeAgent.Tests;

/// <summary>What nobody of good will would send: messages of a kind with anything in them, and bytes that are none.</summary>
internal static class Fuzz
{
    /// <summary>The name of a VM that requests hit now and then.</summary>
    public const string Vm = "web";

    /// <summary>
    /// Where the dice begin: what failed once stays, and a day's number, so that each day tries something else and all runs
    /// of a day agree. A failure prints it.
    /// </summary>
    public static ImmutableArray<int> Seeds { get; } = [1, (int)(TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalDays];

    /// <summary>Dice for a seed and a case.</summary>
    public static Random Dice(string about, int seed) => new(about.Aggregate(17, (hash, c) => unchecked((hash * 31) + c)) ^ seed);

    /// <summary>The bytes of one request: mostly a message, sometimes noise.</summary>
    public static byte[] Request(Random random, MessageDescriptor type) => random.Next(3) == 0 ? Noise(random) : Message(random, type).ToByteArray();

    /// <summary>Bytes that are hardly a message.</summary>
    public static byte[] Noise(Random random)
    {
        var bytes = new byte[random.Next(0, 200)];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A message with anything in its fields.</summary>
    public static IMessage Message(Random random, MessageDescriptor type, int depth = 0)
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
        FieldType.String => field.Name == "vm" && random.Next(2) == 0 ? Vm : Text(random),
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
        1 => Vm,
        2 => "../../etc/passwd",
        3 => new Guid([.. Enumerable.Range(0, 16).Select(_ => (byte)random.Next(256))]).ToString(),
        4 => "operations/" + random.Next(),
        5 => "\0\u202e\ud83d\ude00",
        6 => new string('x', random.Next(5000)),
        7 => "state=running AND ((labels.a=\"",
        _ => new string([.. Enumerable.Range(0, random.Next(20)).Select(_ => (char)random.Next(1, 0xD800))]),
    };
}
