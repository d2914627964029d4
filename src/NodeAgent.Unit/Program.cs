using NodeAgent.Bindings.Linux;
using NodeAgent.Unit;

// The first and the last act of a VM's unit. It starts in a few milliseconds and knows nothing of the agent.
switch (args)
{
    case ["launch"]:
        return ExecEntry.Enter();
    case ["ended", var directory]:
        return EndNote.Leave(directory);
    default:
        Console.Error.WriteLine("nodeagent-vm is run by the units of VMs: 'launch' waits for an order on standard input, 'ended DIRECTORY' notes how the unit's process ended.");
        return 2;
}
