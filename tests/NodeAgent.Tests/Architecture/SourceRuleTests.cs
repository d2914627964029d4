using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace NodeAgent.Tests.Architecture;

/// <summary>The rules of CONTRIBUTING.md that a machine can check.</summary>
public sealed partial class SourceRuleTests
{
    private const int MostLines = 400;
    private const int MostParameters = 5;

    // The one place outside the bindings that speaks to the C library; the file says why.
    private const string TerminalFile = "src/NodeAgent.Cli/Terminal/TerminalDevice.cs";

    [Fact]
    public void No_file_is_longer_than_one_concept_needs() =>
        Repository.Sources.Concat(Repository.Files("proto", "*.proto")).Concat(Repository.Files("tests", "*.sh"))
            .Select(file => (File: file, Lines: File.ReadLines(Path.Combine(Repository.Root, file)).Count()))
            .Where(file => file.Lines > MostLines)
            .ShouldBeEmpty();

    [Fact]
    public void No_type_has_a_name_that_says_nothing() =>
        Repository.Sources
            .SelectMany(file => VagueType().Matches(Repository.Read(file)).Select(match => $"{match.Groups[1].Value} in {file}"))
            .ShouldBeEmpty();

    [Theory]
    [InlineData("public sealed class VmManager(int x)", true)]
    [InlineData("internal static class PathHelpers", true)]
    [InlineData("internal readonly record struct FrameHandler(int X)", true)]
    [InlineData("public abstract class ServiceBase", true)]
    [InlineData("internal sealed class VmStart", false)]
    [InlineData("public sealed class Database", false)]
    [InlineData("// the class Manager is not declared here", false)]
    public void The_rule_for_names_knows_what_it_looks_for(string line, bool isVague) =>
        VagueType().IsMatch(line).ShouldBe(isVague);

    [Fact]
    public void A_file_is_named_after_a_type_in_it()
    {
        // Families of small records and enums that are read together; whoever adds one here should be able to say why.
        string[] families = ["Choices.cs", "DeviceSpecs.cs", "Policies.cs", "SignalStructures.cs"];
        var others = Repository.Sources.Where(file => Path.GetFileName(file) is not ("Program.cs" or "GlobalUsings.cs"))
            .Where(file => !DeclaredType().Matches(Repository.Read(file)).Any(type => type.Groups[1].Value == Path.GetFileName(file).Split('.')[0]))
            .Select(file => Path.GetFileName(file));
        others.Order(StringComparer.Ordinal).ShouldBe(families);
    }

    [Fact]
    public void No_folder_is_for_everything() =>
        Repository.Sources
            .Where(file => file.Split('/').Any(part => part is "Common" or "Shared" or "Core" or "Utils" or "Helpers" or "Misc"))
            .ShouldBeEmpty();

    [Fact]
    public void Unsafe_code_is_allowed_only_where_it_belongs()
    {
        string[] allowed = ["NodeAgent.Bindings", "NodeAgent.Cli"];
        var unsafeProjects = Repository.Files("src", "*.csproj")
            .Where(path => XDocument.Parse(Repository.Read(path)).Descendants("AllowUnsafeBlocks").Any(element => element.Value == "true"))
            .Select(path => Path.GetFileNameWithoutExtension(path)!);
        unsafeProjects.Order(StringComparer.Ordinal).ShouldBe(allowed);
        Repository.Read("Directory.Build.props").ShouldNotContain("AllowUnsafeBlocks");
    }

    [Fact]
    public void Only_bindings_and_the_terminal_speak_to_native_code()
    {
        var native = Repository.Files("src", "*.cs").Where(file => NativeCode().IsMatch(Repository.Read(file))).ToArray();
        native.ShouldContain(TerminalFile);
        native.Where(file => file != TerminalFile && !file.StartsWith("src/NodeAgent.Bindings/", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void Nothing_needs_more_than_five_things_to_be_made()
    {
        Assembly[] written = [Floors.Bindings, Floors.Hypervisor, Floors.Daemon, Floors.Cli];
        var classes = written.SelectMany(assembly => assembly.GetTypes())
            .Where(type => type is { IsClass: true } && !type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false))
            .Where(type => !IsData(type) && !type.IsSubclassOf(typeof(Delegate)) && type.Namespace?.StartsWith("NodeAgent", StringComparison.Ordinal) == true)
            .ToArray();
        classes.Length.ShouldBeGreaterThan(100);
        classes.SelectMany(type => type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(constructor => constructor.GetParameters().Length > MostParameters)
            .Select(constructor => $"{constructor.DeclaringType!.FullName}: {constructor.GetParameters().Length}")
            .ShouldBeEmpty();
    }

    // A record is data: its parameters are its fields.
    private static bool IsData(Type type) => type.GetMethod("<Clone>$") is not null;

    [GeneratedRegex(@"^[^/""]*\b(?:class|record|struct|interface|enum)\s+(?:struct\s+|class\s+)?(\w*(?:Manager|Helper|Util|Utils|Utilities|Helpers|Managers|Processor|Handler|Handlers|Base))\b", RegexOptions.Multiline)]
    private static partial Regex VagueType();

    [GeneratedRegex(@"\b(?:class|record|struct|interface|enum)\s+(?:struct\s+|class\s+)?(\w+)")]
    private static partial Regex DeclaredType();

    [GeneratedRegex(@"\[(?:Library|Dll)Import\b|\bunsafe\b(?! (?:code|things))|\bMarshal\.(?:PtrTo|StringTo|Read|Write|Alloc)", RegexOptions.None)]
    private static partial Regex NativeCode();
}
