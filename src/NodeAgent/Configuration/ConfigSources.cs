using System.Collections;

namespace NodeAgent.Configuration;

/// <summary>Where the configuration comes from. Reading it again gives what the sources say then.</summary>
/// <param name="CommandLine">The command line.</param>
/// <param name="Environment">The environment's variables.</param>
internal sealed record ConfigSources(CommandLine CommandLine, IReadOnlyDictionary<string, string> Environment)
{
    public const string DefaultPath = "/etc/nodeagent/nodeagentd.conf";
    public const string EnvironmentPrefix = "NODEAGENT_";

    /// <summary>This process's environment, as far as it concerns us.</summary>
    public static IReadOnlyDictionary<string, string> ProcessEnvironment() =>
        System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(pair => ((string)pair.Key).StartsWith(EnvironmentPrefix, StringComparison.Ordinal))
            .ToDictionary(pair => (string)pair.Key, pair => (string?)pair.Value ?? "", StringComparer.Ordinal);

    /// <summary>The file that is read first.</summary>
    public string ConfigPath => CommandLine.ConfigPath ?? DefaultPath;

    /// <summary>Reads all sources in order; later ones win.</summary>
    public ConfigResult Load()
    {
        var problems = new List<ConfigProblem>();
        var options = new AgentOptions();
        foreach (var entry in Files(problems).Concat(FromEnvironment(problems)).Concat(CommandLine.Entries).ToList())
        {
            options = Apply(options, entry, problems);
        }

        Check(options, problems);
        options = options with { Access = options.Access with { Policy = PolicyFile.Read(options.Access.PolicyPath, problems) } };
        return new ConfigResult(options, problems);
    }

    private static AgentOptions Apply(AgentOptions options, ConfigEntry entry, List<ConfigProblem> problems)
    {
        if (ConfigSchema.Find(entry.Section, entry.Name) is not { } key)
        {
            var known = ConfigSchema.Keys.Where(candidate => candidate.Section == entry.Section).Select(candidate => candidate.Name).ToList();
            problems.Add(known.Count == 0
                ? entry.Problem($"There is no section [{entry.Section}].", $"The sections are {ConfigSchema.SectionNames}.")
                : entry.Problem($"There is no such key in [{entry.Section}].", $"The keys there are {string.Join(", ", known)}."));
            return options;
        }

        try
        {
            return key.Read(options, entry.Value);
        }
        catch (FormatException error)
        {
            problems.Add(entry.Problem(error.Message, $"(Key {key}.)"));
            return options;
        }
    }

    private List<ConfigEntry> Files(List<ConfigProblem> problems)
    {
        var entries = new List<ConfigEntry>();
        if (CommandLine.ConfigPath is not null || File.Exists(ConfigPath))
        {
            entries.AddRange(IniFile.Read(ConfigPath, problems));
        }

        var dropIns = Path.Combine(Path.GetDirectoryName(ConfigPath) ?? "/", "conf.d");
        if (Directory.Exists(dropIns))
        {
            foreach (var path in Directory.GetFiles(dropIns, "*.conf").Order(StringComparer.Ordinal))
            {
                entries.AddRange(IniFile.Read(path, problems));
            }
        }

        return entries;
    }

    private List<ConfigEntry> FromEnvironment(List<ConfigProblem> problems)
    {
        var entries = new List<ConfigEntry>();
        foreach (var (name, value) in Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var parts = name[EnvironmentPrefix.Length..].Split("__", 2);
            if (parts.Length == 2)
            {
                entries.Add(new ConfigEntry(parts[0].ToLowerInvariant(), parts[1].ToLowerInvariant(), value.Trim(), "environment", null, name));
            }
            else
            {
                problems.Add(new ConfigProblem("environment", null, name, "The variable names no key.", $"Write {EnvironmentPrefix}SECTION__KEY, or remove it."));
            }
        }

        return entries;
    }

    // What no single key can tell.
    private static void Check(AgentOptions options, List<ConfigProblem> problems)
    {
        var given = new[] { options.Remote.Certificate, options.Remote.Key, options.Remote.Authorities }.Count(path => path.Length > 0);
        if (given is 1 or 2)
        {
            problems.Add(new ConfigProblem("configuration", null, "[remote]", "certificate, key and authorities belong together, and one of them is missing.", "Name all three, or none, for a node that joins a fleet."));
        }

        foreach (var path in options.SocketPaths.Where(path => System.Text.Encoding.UTF8.GetByteCount(path) > Bindings.Linux.UnixListener.MaxPathBytes))
        {
            problems.Add(new ConfigProblem("configuration", null, "[agent] listen", $"The socket's path '{path}' is too long.", "Choose a shorter run_dir, or set listen."));
        }

        // A VM's sockets lie in <run_dir>/vms/<uuid>/; the longest name there is observe.sock.
        var longest = Path.Combine(options.RunDirectory, "vms", Guid.Empty.ToString(), "observe.sock");
        if (System.Text.Encoding.UTF8.GetByteCount(longest) > Bindings.Linux.UnixListener.MaxPathBytes)
        {
            problems.Add(new ConfigProblem("configuration", null, "[agent] run_dir", "The sockets of a VM would have too long a path there.", $"Choose a directory of at most {Bindings.Linux.UnixListener.MaxPathBytes - longest.Length + options.RunDirectory.Length} bytes."));
        }
    }
}
