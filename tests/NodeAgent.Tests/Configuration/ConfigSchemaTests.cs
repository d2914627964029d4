using CsCheck;
using NodeAgent.Configuration;

namespace NodeAgent.Tests.Configuration;

public sealed class ConfigSchemaTests
{
    // What the packaged file says of each key, without the '#'.
    private static List<ConfigEntry> Packaged(out List<ConfigProblem> problems)
    {
        problems = [];
        var lines = Repository.Read("packaging/nodeagentd.conf").Split('\n')
            .Select(line => line.StartsWith('#') && !line.StartsWith("# ", StringComparison.Ordinal) && line.Length > 1 ? line[1..] : line);
        return [.. IniFile.Parse("packaged", string.Join('\n', lines), problems)];
    }

    [Fact]
    public void The_packaged_file_names_every_key_once_and_nothing_else()
    {
        var entries = Packaged(out var problems);

        problems.ShouldBeEmpty();
        entries.Select(entry => $"[{entry.Section}] {entry.Name}").ShouldBe(ConfigSchema.Keys.Select(key => key.ToString()), ignoreOrder: true);
    }

    [Fact]
    public void The_packaged_file_shows_the_defaults()
    {
        var defaults = new AgentOptions();
        foreach (var entry in Packaged(out _))
        {
            var key = ConfigSchema.Find(entry.Section, entry.Name)!;

            key.Show(key.Read(defaults, entry.Value)).ShouldBe(key.Show(defaults), key.ToString());
            entry.Value.ShouldBe(key.Show(defaults), key.ToString());
        }
    }

    [Fact]
    public void As_it_is_packaged_the_file_changes_nothing()
    {
        var problems = new List<ConfigProblem>();

        IniFile.Parse("packaged", Repository.Read("packaging/nodeagentd.conf"), problems).ShouldBeEmpty();
        problems.ShouldBeEmpty();
    }

    [Fact]
    public void The_packaged_file_marks_what_needs_a_restart()
    {
        var comment = "";
        foreach (var line in Repository.Read("packaging/nodeagentd.conf").Split('\n'))
        {
            if (line.StartsWith("# ", StringComparison.Ordinal))
            {
                comment += line;
            }
            else if (line.Length == 0)
            {
                comment = "";
            }
            else if (line.StartsWith('#') && line.Contains('='))
            {
                var name = line[1..line.IndexOf('=')].Trim();
                ConfigSchema.Keys.Where(key => key.Name == name).ShouldContain(key => key.Reloadable != comment.Contains("(restart)"), name);
            }
        }
    }

    [Fact]
    public void The_manual_has_a_row_for_every_key_with_its_default_and_when_it_takes_effect()
    {
        var rows = Repository.Read("docs/configuration.md").Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToList();
        foreach (var key in ConfigSchema.Keys)
        {
            var row = rows.SingleOrDefault(cells => cells[1] == key.Section && cells[2] == $"`{key.Name}`");

            row.ShouldNotBeNull(key.ToString());
            row[3].ShouldStartWith(key.Show(new AgentOptions()) is { Length: > 0 } value ? $"`{value}`" : "");
            row[5].ShouldBe(key.Reloadable ? "reload" : "restart", key.ToString());
        }

        rows.Count(cells => cells[2].StartsWith('`')).ShouldBe(ConfigSchema.Keys.Length);
    }

    [Fact]
    public void What_is_shown_reads_back()
    {
        foreach (var key in ConfigSchema.Keys)
        {
            var shown = key.Show(new AgentOptions());

            key.Show(key.Read(new AgentOptions { LogLevel = LogLevelChoice.Error }, shown)).ShouldBe(shown, key.ToString());
        }
    }

    [Fact]
    public void Durations_read_back() => Gen.Long[0, 400L * 86_400_000].Sample(milliseconds =>
    {
        var time = TimeSpan.FromMilliseconds(milliseconds);
        return ValueText.Duration(ValueText.Show(time), TimeSpan.Zero, TimeSpan.MaxValue) == time;
    });

    [Fact]
    public void Sizes_read_back() => Gen.Long[0, 1L << 50].Sample(size => ValueText.Size(ValueText.ShowSize(size), 0, long.MaxValue) == size);

    [Fact]
    public void No_text_makes_a_key_fail_otherwise_than_with_a_remedy() => Gen.String.Sample(text =>
    {
        foreach (var key in ConfigSchema.Keys)
        {
            try
            {
                key.Read(new AgentOptions(), text);
            }
            catch (FormatException error)
            {
                error.Message.ShouldContain(". ");
            }
        }
    });
}
