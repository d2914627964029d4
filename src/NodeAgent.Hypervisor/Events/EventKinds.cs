namespace NodeAgent.Hypervisor.Events;

/// <summary>The closed vocabulary of the event log. Each has a row in docs/events.md; a test compares the two.</summary>
public static class EventKinds
{
    /// <summary>The agent began to serve.</summary>
    public const string AgentStarted = "agent.started";

    /// <summary>The agent began to stop; guests run on.</summary>
    public const string AgentStopping = "agent.stopping";

    /// <summary>The agent has looked after every VM that it knew.</summary>
    public const string AgentRecovered = "agent.recovered";

    /// <summary>The configuration was read again.</summary>
    public const string AgentReloaded = "agent.reloaded";

    /// <summary>A new configuration is wrong and the old one stays.</summary>
    public const string AgentReloadFailed = "agent.reload-failed";

    /// <summary>The node went into maintenance, or its reason changed.</summary>
    public const string NodeMaintenanceEntered = "node.maintenance-entered";

    /// <summary>The node is in service again.</summary>
    public const string NodeMaintenanceExited = "node.maintenance-exited";

    /// <summary>The host goes down, and guests are shut down before it.</summary>
    public const string NodeShutdownBegan = "node.shutdown-began";

    /// <summary>All guests are down, or the time was up.</summary>
    public const string NodeShutdownEnded = "node.shutdown-ended";

    /// <summary>The shutdown of the host was called off.</summary>
    public const string NodeShutdownCancelled = "node.shutdown-cancelled";

    /// <summary>The host's name, its address or its machine id is not what it was.</summary>
    public const string NodeIdentityChanged = "node.identity-changed";

    /// <summary>The node asked to be let into a fleet, and a person decides.</summary>
    public const string FleetJoinAsked = "fleet.join-asked";

    /// <summary>The manager refused for good.</summary>
    public const string FleetJoinRefused = "fleet.join-refused";

    /// <summary>The node is in a fleet.</summary>
    public const string FleetJoined = "fleet.joined";

    /// <summary>The node left its fleet, or gave up joining.</summary>
    public const string FleetLeft = "fleet.left";

    /// <summary>The node has its next certificate.</summary>
    public const string FleetCertificateRenewed = "fleet.certificate-renewed";

    /// <summary>The manager changed whom the node trusts.</summary>
    public const string FleetTrustUpdated = "fleet.trust-updated";

    /// <summary>The manager changed where sessions are opened.</summary>
    public const string FleetEndpointsUpdated = "fleet.endpoints-updated";

    /// <summary>A session with the manager is open.</summary>
    public const string FleetManagerConnected = "fleet.manager-connected";

    /// <summary>There is no session with the manager any more.</summary>
    public const string FleetManagerLost = "fleet.manager-lost";

    /// <summary>A VM was recorded.</summary>
    public const string VmCreated = "vm.created";

    /// <summary>A VM's name, labels or spec changed.</summary>
    public const string VmUpdated = "vm.updated";

    /// <summary>New limits could not be put in force; the old ones are.</summary>
    public const string VmLimitsRefused = "vm.limits-refused";

    /// <summary>A VM was forgotten.</summary>
    public const string VmDeleted = "vm.deleted";

    /// <summary>Somebody asked something of a VM, and it was accepted.</summary>
    public const string VmRequested = "vm.requested";

    /// <summary>A start got to its end.</summary>
    public const string VmStarted = "vm.started";

    /// <summary>A start failed and was undone.</summary>
    public const string VmStartFailed = "vm.start-failed";

    /// <summary>The guest's CPUs stopped.</summary>
    public const string VmPaused = "vm.paused";

    /// <summary>The guest's CPUs go on.</summary>
    public const string VmResumed = "vm.resumed";

    /// <summary>The guest's state is whole on disk, and on record; QEMU is ended next.</summary>
    public const string VmSuspended = "vm.suspended";

    /// <summary>The guest goes on from its saved state, which is off the record.</summary>
    public const string VmRestored = "vm.restored";

    /// <summary>Somebody gave up a saved state, or a guest that turned out to be alive made it void.</summary>
    public const string VmSavedStateDiscarded = "vm.saved-state-discarded";

    /// <summary>A saved state is on record and its file is not there any more, or not whole.</summary>
    public const string VmSavedStateLost = "vm.saved-state-lost";

    /// <summary>The guest shut itself down.</summary>
    public const string VmGuestShutdown = "vm.guest-shutdown";

    /// <summary>The guest was reset or rebooted, in the same process.</summary>
    public const string VmReset = "vm.reset";

    /// <summary>The guest's kernel panicked.</summary>
    public const string VmGuestPanicked = "vm.guest-panicked";

    /// <summary>The guest's crash kernel took over after a panic.</summary>
    public const string VmCrashKernelLoaded = "vm.crash-kernel-loaded";

    /// <summary>The guest did not feed its watchdog.</summary>
    public const string VmWatchdogFired = "vm.watchdog-fired";

    /// <summary>A disk had an error.</summary>
    public const string VmDiskError = "vm.disk-error";

    /// <summary>The host's memory failed under a guest.</summary>
    public const string VmMemoryFailure = "vm.memory-failure";

    /// <summary>The process is gone; details say why.</summary>
    public const string VmStopped = "vm.stopped";

    /// <summary>A shutdown or an orderly stop did not get to its end; the guest runs on.</summary>
    public const string VmStopAbandoned = "vm.stop-abandoned";

    /// <summary>The monitor's connection was lost; the process lives.</summary>
    public const string VmMonitorLost = "vm.monitor-lost";

    /// <summary>The monitor does not answer; the process lives.</summary>
    public const string VmMonitorSilent = "vm.monitor-silent";

    /// <summary>The monitor answers again.</summary>
    public const string VmMonitorRestored = "vm.monitor-restored";

    /// <summary>A running process was re-attached.</summary>
    public const string VmAdopted = "vm.adopted";

    /// <summary>A process could not be proven or re-attached and is left alone.</summary>
    public const string VmQuarantined = "vm.quarantined";

    /// <summary>A restart after a crash is due.</summary>
    public const string VmRestartScheduled = "vm.restart-scheduled";

    /// <summary>A restart after a crash waits until the node lets VMs be started.</summary>
    public const string VmRestartHeld = "vm.restart-held";

    /// <summary>The restart policy gave up.</summary>
    public const string VmRestartsExhausted = "vm.restarts-exhausted";

    /// <summary>Work on a VM ended as failed or cancelled.</summary>
    public const string VmOperationFailed = "vm.operation-failed";
}
