using Microsoft.Extensions.Logging;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// Starts the VMs that are to start with the host, and those that its shutdown suspended: once a boot, in their order,
/// those of one order together, and last those that only go on from where they were. A restart of the agent starts
/// nothing.
/// </summary>
/// <param name="registry">The VMs.</param>
/// <param name="options">Where the boot that was served last is noted.</param>
/// <param name="bootId">The host's boot id.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class VmAutostart(VmRegistry registry, VmOptions options, string bootId, TimeProvider time, ILogger logger)
{
    // A VM that takes longer than this to start no longer holds up the orders after it.
    private static readonly TimeSpan OrderPatience = TimeSpan.FromMinutes(2);

    private readonly string _noteFile = Path.Combine(options.StateDirectory, "autostarted-boot");

    /// <summary>Starts what is to be started, if this boot has not been served yet.</summary>
    public async Task RunAsync(OperationBook operations, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(operations);
        if (IsNoted())
        {
            return;
        }

        var orders = registry.List()
            .Where(vm => vm.Definition.Spec.Autostart is not null || vm.Saved is { ByHost: true })
            .GroupBy(vm => vm.Definition.Spec.Autostart?.Order ?? int.MaxValue)
            .OrderBy(group => group.Key);
        foreach (var order in orders)
        {
            // What may not be started yet is started when it may: after maintenance, say.
            await registry.Gate.WhenOpen.WaitAsync(cancellationToken);
            await Task.WhenAll(order.Select(vm => StartAsync(vm, operations, cancellationToken)));
        }

        // Noted at the end: an agent that was killed half-way goes on, and starting what runs already changes nothing.
        Note();
    }

    private bool IsNoted()
    {
        try
        {
            return File.Exists(_noteFile) && File.ReadAllText(_noteFile).Trim() == bootId;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            LogNotNoted(_noteFile, failed.Message);
            return false;
        }
    }

    private void Note()
    {
        try
        {
            File.WriteAllText(_noteFile + ".new", bootId);
            File.Move(_noteFile + ".new", _noteFile, overwrite: true);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            LogNotNoted(_noteFile, failed.Message);
        }
    }

    private async Task StartAsync(VmSnapshot vm, OperationBook operations, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(vm.Definition.Spec.Autostart?.Delay ?? TimeSpan.Zero, time, cancellationToken);
            var operation = await registry.ApplyAsync(vm.Definition.Id.ToString("D"), new VmVerb.Start(), RequestContext.Agent, cancellationToken);
            await operations.WaitAsync(operation.Id, OrderPatience, cancellationToken);
        }
        catch (Exception refusal) when (refusal is VmException or LedgerException)
        {
            LogRefused(vm.Definition.Name, refusal.Message, vm.Definition.Id);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Which boot's VMs were started, {Path}, can't be read or noted; the next agent starts them again if they are stopped by then: {Problem}")]
    private partial void LogNotNoted(string path, string problem);

#pragma warning disable SYSLIB1015 // The id is a field to look for, no part of the sentence.
    [LoggerMessage(Level = LogLevel.Warning, Message = "VM {VmName} was not started with the host: {Reason}")]
    private partial void LogRefused(string vmName, string reason, Guid vmId);
#pragma warning restore SYSLIB1015
}
