using Google.Protobuf;
using NodeAgent.Cli.Output;
using NodeAgent.Cli.Yaml;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Yaml;

/// <summary>Short ways to read and write YAML.</summary>
internal static class YamlText
{
    public static Vm Read(string text) => MessageReader.Read<Vm>(YamlDocuments.Read(new StringReader(text), "vm.yaml").ShouldHaveSingleItem(), "vm.yaml");

    public static string[] Errors(string text) =>
        [.. Should.Throw<YamlException>(() => Read(text)).Errors.Select(e => e.ToString())];

    public static string Write(params IMessage[] messages)
    {
        using var text = new StringWriter();
        var writer = new MessageWriter(text, KnownTypes.Registry);
        for (var i = 0; i < messages.Length; i++)
        {
            writer.Write(messages[i], first: i == 0);
        }

        return text.ToString().ReplaceLineEndings("\n");
    }
}
