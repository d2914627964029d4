using NodeAgent.Benchmarks;

// make bench: prints the table and writes it to the file named by the first argument. A second argument picks
// benchmarks by the beginning of their names.
var results = new Results();
var only = args.Length > 1 ? args[1] : "";
await using var agent = await BenchAgent.StartAsync();
(string Name, Func<Task> Run)[] benchmarks =
[
    // First: the ends of hundreds of QEMUs keep a machine busy for a while.
    ("idle", () => Idle.RunAsync(results)),
    ("start", () => Starts.RunAsync(agent, results)),
    ("syncs", () => Syncs.RunAsync(agent, results)),
    ("unit", () => Starts.RunInUnitsAsync(results)),
    ("burst", () => Bursts.RunAsync(agent, results)),
    ("death", () => Deaths.RunAsync(agent, results)),
    ("get", () => Reads.RunAsync(agent, results)),
    ("remote", () => Remotes.RunAsync(results)),
    ("hundred", () => Hundred.RunAsync(agent, results)),
    ("fleet", () => Fleets.RunAsync(results)),
];
foreach (var (name, run) in benchmarks.Where(benchmark => benchmark.Name.StartsWith(only, StringComparison.Ordinal)))
{
    Console.Error.WriteLine($"bench: {name} …");
    await run();
}

results.Print();
if (args.Length > 0)
{
    results.Write(args[0]);
}

return 0;
