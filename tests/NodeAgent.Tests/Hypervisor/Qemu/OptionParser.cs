using System.Text.Json;

namespace NodeAgent.Tests.Hypervisor.Qemu;

/// <summary>
/// Reads an option's value as QEMU does (util/keyval.c and util/qemu-option.c in their common part): JSON when it begins
/// with a brace, else key=value pairs between single commas, where two commas are one of the value.
/// </summary>
internal static class OptionParser
{
    public static IReadOnlyList<KeyValuePair<string, string>> Pairs(string text)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        var at = 0;
        while (at < text.Length)
        {
            var value = new System.Text.StringBuilder();
            for (; at < text.Length; at++)
            {
                if (text[at] == ',')
                {
                    if (at + 1 < text.Length && text[at + 1] == ',')
                    {
                        at++;
                    }
                    else
                    {
                        break;
                    }
                }

                value.Append(text[at]);
            }

            at++;
            var pair = value.ToString();
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            pairs.Add(equals < 0 ? new("", pair) : new(pair[..equals], pair[(equals + 1)..]));
        }

        return pairs;
    }

    public static IEnumerable<string> NodeNames(string argument) =>
        argument.StartsWith('{') ? NodeNames(JsonDocument.Parse(argument, new JsonDocumentOptions { MaxDepth = 128 }).RootElement) : [];

    private static IEnumerable<string> NodeNames(JsonElement node)
    {
        foreach (var member in node.EnumerateObject())
        {
            if (member.Name == "node-name")
            {
                yield return member.Value.GetString()!;
            }
            else if (member.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var name in NodeNames(member.Value))
                {
                    yield return name;
                }
            }
        }
    }
}
