using System.Text.Json;
using System.Text.Json.Serialization;

namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>The value of a statistic (QAPI <c>StatsValue</c>): a number, a truth value (0 or 1 here) or a histogram.</summary>
/// <param name="Scalar">The number; 0 for a histogram.</param>
/// <param name="Buckets">The histogram's buckets; null for a number.</param>
[JsonConverter(typeof(StatValueConverter))]
public readonly record struct StatValue(ulong Scalar, IReadOnlyList<ulong>? Buckets = null);

internal sealed class StatValueConverter : JsonConverter<StatValue>
{
    public override StatValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetUInt64(out ulong number):
                return new StatValue(number);
            case JsonTokenType.True:
                return new StatValue(1);
            case JsonTokenType.False:
                return new StatValue(0);
            case JsonTokenType.StartArray:
                var buckets = new List<ulong>();
                while (reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out ulong bucket))
                {
                    buckets.Add(bucket);
                }

                return reader.TokenType == JsonTokenType.EndArray
                    ? new StatValue(0, buckets)
                    : throw new JsonException("a histogram is a list of numbers");
            default:
                throw new JsonException("a statistic is a number, a truth value or a list of numbers");
        }
    }

    public override void Write(Utf8JsonWriter writer, StatValue value, JsonSerializerOptions options) =>
        throw new NotSupportedException("statistics are only read");
}
