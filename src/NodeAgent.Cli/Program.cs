using NodeAgent.Cli;
using NodeAgent.Cli.Terminal;

return await Nodectl.RunAsync(args, Surroundings.OfProcess());
