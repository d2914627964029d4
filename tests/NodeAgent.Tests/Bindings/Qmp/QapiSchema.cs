using System.Text.Json;
using System.Text.Json.Nodes;

namespace NodeAgent.Tests.Bindings.Qmp;

/// <summary>What a QEMU says about its own commands and events (<c>query-qmp-schema</c>).</summary>
internal sealed class QapiSchema(JsonElement schema)
{
    private readonly Dictionary<string, JsonElement> _entities =
        schema.EnumerateArray().ToDictionary(entity => entity.GetProperty("name").GetString()!);

    public IEnumerable<string> Events =>
        _entities.Values.Where(entity => Text(entity, "meta-type") == "event").Select(entity => Text(entity, "name"));

    public bool HasCommand(string name) => _entities.ContainsKey(name);

    public string ArgumentsOf(string name) => Text(_entities[name], "arg-type");

    public string ResultOf(string command) => Text(_entities[command], "ret-type");

    /// <summary>The least that a value of a type can be: all that is required, nothing optional.</summary>
    public JsonNode Least(string type)
    {
        JsonElement entity = _entities[type];
        switch (Text(entity, "meta-type"))
        {
            case "builtin":
                return Text(entity, "json-type") switch
                {
                    "string" => "s",
                    "int" => 1,
                    "number" => 0.5,
                    "boolean" => true,
                    _ => new JsonObject(),
                };
            case "enum":
                return entity.GetProperty("values")[0].GetString()!;
            case "array":
                return new JsonArray(Least(Text(entity, "element-type")));
            case "alternate":
                return Least(Text(entity.GetProperty("members")[0], "type"));
            default:
                return LeastObject(entity);
        }
    }

    /// <summary>The members that an object can have, with their types, in all its variants.</summary>
    public Dictionary<string, string> Members(string type)
    {
        JsonElement entity = _entities[type];
        return entity.GetProperty("members").EnumerateArray()
            .Select(member => (Text(member, "name"), Text(member, "type")))
            .Concat(Variants(entity).SelectMany(variant => Members(Text(variant, "type")).Select(pair => (pair.Key, pair.Value))))
            .DistinctBy(member => member.Item1)
            .ToDictionary(member => member.Item1, member => member.Item2);
    }

    /// <summary>The type of an array's elements, of an alternate's object; otherwise the type itself.</summary>
    public string Unwrap(string type)
    {
        JsonElement entity = _entities[type];
        return Text(entity, "meta-type") == "array" ? Unwrap(Text(entity, "element-type")) : type;
    }

    public bool IsObject(string type) => Text(_entities[type], "meta-type") == "object";

    private JsonObject LeastObject(JsonElement entity)
    {
        var result = new JsonObject();
        foreach (JsonElement member in entity.GetProperty("members").EnumerateArray())
        {
            if (!member.TryGetProperty("default", out _))
            {
                result[Text(member, "name")] = Least(Text(member, "type"));
            }
        }

        JsonElement? variant = Variants(entity).Where(
            variant => Text(variant, "case") == (string)result[Text(entity, "tag")]!).Cast<JsonElement?>().FirstOrDefault();
        if (variant is { } chosen)
        {
            foreach ((string name, JsonNode? value) in Least(Text(chosen, "type")).AsObject())
            {
                result[name] = value!.DeepClone();
            }
        }

        return result;
    }

    private static JsonElement.ArrayEnumerator Variants(JsonElement entity) =>
        entity.TryGetProperty("variants", out JsonElement variants) ? variants.EnumerateArray() : default;

    private static string Text(JsonElement entity, string member) => entity.GetProperty(member).GetString()!;
}
