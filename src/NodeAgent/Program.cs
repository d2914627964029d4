using NodeAgent.Configuration;
using NodeAgent.Hosting;

// Exit status, as --help says: 0 success, 1 could not start or failed, 2 wrong usage or configuration.
var problems = new List<ConfigProblem>();
var line = CommandLine.Parse(args, problems);
if (problems.Count == 0 && line.Action is CommandAction.Help)
{
    Console.Out.Write(CommandLine.Usage);
    return 0;
}

if (problems.Count == 0 && line.Action is CommandAction.Version)
{
    Console.Out.WriteLine($"nodeagentd {Daemon.Version}");
    return 0;
}

var sources = new ConfigSources(line, ConfigSources.ProcessEnvironment());
var result = sources.Load();
problems.AddRange(result.Problems);
if (problems.Count > 0)
{
    foreach (var problem in problems)
    {
        Console.Error.WriteLine(problem);
    }

    return 2;
}

if (line.Action is CommandAction.Validate)
{
    Console.Out.WriteLine($"{sources.ConfigPath}: the configuration is good");
    return 0;
}

try
{
    await Daemon.RunAsync(sources, result.Options);
    return 0;
}
catch (StartException error)
{
    Console.Error.WriteLine($"nodeagentd: {error.Message}");
    return 1;
}
