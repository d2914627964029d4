using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>
/// Reads a QAPI enumeration, which later versions of QEMU may extend: a word that is not known becomes the member with
/// the value zero. The words are the names of the members in kebab case.
/// </summary>
internal sealed class OpenEnumConverter<TEnum> : JsonConverter<TEnum>
    where TEnum : struct, Enum
{
    private static readonly (TEnum Value, byte[] Word)[] Words =
    [
        .. Enum.GetValues<TEnum>().Select(value =>
            (value, Encoding.UTF8.GetBytes(JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString())))),
    ];

    public override TEnum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException($"{typeof(TEnum).Name} is a string");
        }

        foreach ((TEnum value, byte[] word) in Words)
        {
            if (reader.ValueTextEquals(word))
            {
                return value;
            }
        }

        return default;
    }

    public override void Write(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Words.First(word => word.Value.Equals(value)).Word);
}
