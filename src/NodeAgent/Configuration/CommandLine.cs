namespace NodeAgent.Configuration;

/// <summary>What was typed after <c>nodeagentd</c>.</summary>
/// <param name="Action">What to do.</param>
/// <param name="ConfigPath">The file named with --config; <c>null</c> for the default.</param>
/// <param name="Entries">The options that override keys of the configuration.</param>
internal sealed record CommandLine(CommandAction Action, string? ConfigPath, IReadOnlyList<ConfigEntry> Entries)
{
    private const string Source = "command line";

    public const string Usage =
        """
        nodeagentd: turns this host into a virtualization node (KVM and QEMU), served by gRPC on a unix socket.

        Usage: nodeagentd [OPTION]...

          --config FILE               configuration file (default /etc/nodeagent/nodeagentd.conf);
                                      conf.d/*.conf beside it is read after it, in the order of the names
          --state-dir DIR             what must survive a reboot (default /var/lib/nodeagent)
          --run-dir DIR               sockets and what dies with the host (default /run/nodeagent)
          --listen unix:PATH          socket of the API; may be repeated (default api.sock in the run directory)
          --metrics-listen HOST:PORT  address of /metrics, /healthz and /readyz, or none (default 127.0.0.1:9464)
          --simulate                  a node whose VMs are simulated, for trying a manager ([qemu] launcher = simulated);
                                      on directories of its own, which no real node has used
          --validate                  check the configuration, print every problem, start nothing
          --version                   print the version
          --help                      print this

        Later sources win: built-in defaults, the file, conf.d, environment (NODEAGENT_SECTION__KEY), command line.
        Signals: SIGTERM stops the agent and leaves the guests running; SIGHUP reads the configuration again.
        Exit status: 0 success, 1 the agent could not start or failed, 2 wrong usage or configuration.

        """;

    /// <summary>Reads the arguments; what is wrong is added to <paramref name="problems"/>.</summary>
    public static CommandLine Parse(IReadOnlyList<string> arguments, List<ConfigProblem> problems)
    {
        var action = CommandAction.Run;
        string? config = null;
        var entries = new List<ConfigEntry>();
        var listen = new List<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var name = arguments[i];
            string? value = null;
            var equals = name.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && name.StartsWith("--", StringComparison.Ordinal))
            {
                (name, value) = (name[..equals], name[(equals + 1)..]);
            }

            switch (name)
            {
                case "--help" or "-h":
                    action = CommandAction.Help;
                    continue;
                case "--version":
                    action = action is CommandAction.Help ? action : CommandAction.Version;
                    continue;
                case "--validate":
                    action = action is CommandAction.Run ? CommandAction.Validate : action;
                    continue;
                case "--simulate" when value is null:
                    entries.Add(new ConfigEntry("qemu", "launcher", "simulated", Source, null, name));
                    continue;
                case "--config" or "--state-dir" or "--run-dir" or "--listen" or "--metrics-listen":
                    break;
                default:
                    problems.Add(new ConfigProblem(Source, null, name, "There is no such option.", "See nodeagentd --help."));
                    continue;
            }

            value ??= i + 1 < arguments.Count ? arguments[++i] : null;
            if (string.IsNullOrEmpty(value))
            {
                problems.Add(new ConfigProblem(Source, null, name, "The option needs a value.", "See nodeagentd --help."));
                continue;
            }

            switch (name)
            {
                case "--config":
                    config = Path.GetFullPath(value);
                    break;
                case "--state-dir":
                    entries.Add(new ConfigEntry("agent", "state_dir", Path.GetFullPath(value), Source, null, name));
                    break;
                case "--run-dir":
                    entries.Add(new ConfigEntry("agent", "run_dir", Path.GetFullPath(value), Source, null, name));
                    break;
                case "--listen":
                    listen.Add(value);
                    break;
                default:
                    entries.Add(new ConfigEntry("metrics", "listen", value, Source, null, name));
                    break;
            }
        }

        if (listen.Count > 0)
        {
            entries.Add(new ConfigEntry("agent", "listen", string.Join(',', listen), Source, null, "--listen"));
        }

        return new CommandLine(action, config, entries);
    }
}

/// <summary>What the command line asks for.</summary>
internal enum CommandAction
{
    Run,
    Validate,
    Version,
    Help,
}
