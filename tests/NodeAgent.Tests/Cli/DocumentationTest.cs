using System.Text.RegularExpressions;
using NodeAgent.Tests.Cli.Yaml;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli;

/// <summary>What docs/nodectl.md says is tried here.</summary>
public sealed partial class DocumentationTest
{
    [Fact]
    public void The_example_of_a_VM_is_read_and_says_every_field_of_the_spec()
    {
        var example = Example().Match(File.ReadAllText(PathOf("docs/nodectl.md"))).Groups[1].Value;
        var vm = YamlText.Read(example);
        var missing = VmSpec.Descriptor.Fields.InFieldNumberOrder()
            .Where(f => f.HasPresence ? !f.Accessor.HasValue(vm.Spec) : f.Accessor.GetValue(vm.Spec) is 0 or 0L or "" or System.Collections.ICollection { Count: 0 })
            .Select(f => f.Name);
        missing.ShouldBeEmpty();
    }

    [GeneratedRegex("```yaml\n(name: web.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();

    private static string PathOf(string file)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "NodeAgent.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return Path.Combine(folder, file);
    }
}
