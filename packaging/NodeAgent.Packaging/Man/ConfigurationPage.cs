using NodeAgent.Configuration;

namespace NodeAgent.Packaging.Man;

/// <summary>
/// The page of the configuration: its keys from the schema, with what packaging/nodeagentd.conf and docs/configuration.md
/// say of each. Tests hold the three together.
/// </summary>
internal static class ConfigurationPage
{
    /// <summary>Writes the page.</summary>
    /// <param name="packaged">The text of packaging/nodeagentd.conf.</param>
    /// <param name="document">The text of docs/configuration.md.</param>
    /// <param name="edition">Version and day.</param>
    public static ManPage Write(string packaged, string document, Edition edition)
    {
        var page = new ManPage("nodeagentd.conf", 5, "Configuration of the NodeAgent daemon.", edition);
        page.Title("SYNOPSIS");
        page.Escaped($"{Roff.Bold("/etc/nodeagent/nodeagentd.conf")}, {Roff.Bold("/etc/nodeagent/conf.d/*.conf")}");
        page.Title("DESCRIPTION");
        page.Paragraph("**nodeagentd**(8) needs no configuration. Each key below has the default that is named there.");
        MarkdownSection.Of(document, "Where values come from").WriteTo(page);

        var values = MarkdownSection.Of(document, "Keys").Rows.ToDictionary(row => (row[0], row[1].Trim('`')), row => row[3]);
        var comments = Comments(packaged);
        foreach (var section in ConfigSchema.Keys.Select(key => key.Section).Distinct())
        {
            page.Title($"SECTION [{section}]");
            foreach (var key in ConfigSchema.Keys.Where(key => key.Section == section))
            {
                var usual = key.Show(new AgentOptions());
                page.Item(
                    $"{Roff.Bold(key.Name)} = {Roff.Italic("value")}",
                    comments[(key.Section, key.Name)],
                    $"Values: {values[(key.Section, key.Name)]}. Default: {(usual.Length == 0 ? "empty" : $"`{usual}`")}. "
                    + $"A new value takes effect at a {(key.Reloadable ? "reload" : "restart of the agent")}. Environment: `{key.EnvironmentName}`.");
            }
        }

        page.Title("CHECKING");
        MarkdownSection.Of(document, "Checking").WriteTo(page);
        page.Title("RELOADING");
        MarkdownSection.Of(document, "Reloading").WriteTo(page);
        page.Title("FILES");
        page.Item(Roff.Bold("/etc/nodeagent/nodeagentd.conf"), "The configuration; as it is installed, every key stands there with its default.");
        page.Item(Roff.Bold("/etc/nodeagent/conf.d/*.conf"), "Read after it, in the order of the names.");
        page.Title("EXAMPLES");
        page.Example(["# /etc/nodeagent/conf.d/10-site.conf", "[qemu]", "image_roots = /var/lib/nodeagent/images, /srv/images", "", "[metrics]", "listen = 192.0.2.10:9464"]);
        page.SeeAlso([("nodeagentd", 8), ("nodectl", 1)]);
        return page;
    }

    /// <summary>What the packaged file says of each key: the comment above it, which may be about several, without the mark of a restart.</summary>
    internal static IReadOnlyDictionary<(string Section, string Name), string> Comments(string packaged)
    {
        var comments = new Dictionary<(string, string), string>();
        var section = "";
        var comment = new List<string>();
        foreach (var line in packaged.Split('\n'))
        {
            if (line.StartsWith('['))
            {
                section = line.Trim('[', ']');
            }
            else if (line.Length == 0)
            {
                comment.Clear();
            }
            else if (line.StartsWith("# ", StringComparison.Ordinal))
            {
                comment.Add(line[2..].Trim());
            }
            else if (line.StartsWith('#') && line.Contains('='))
            {
                comments[(section, line[1..line.IndexOf('=')].Trim())] = string.Join(' ', comment).Replace(" (restart)", "", StringComparison.Ordinal);
            }
        }

        return comments;
    }
}
