using NodeAgent.Bindings.Kvm;
using NodeAgent.Hypervisor.Host.SelfTest;

namespace NodeAgent.Hypervisor.Host;

/// <summary>Finds out all that there is to know of this host's KVM, the self-test included.</summary>
public static class KvmProbe
{
    /// <summary>
    /// The self-test bounds each guest by itself. This is for a kernel that does not come back at all: the probe then
    /// answers without its thread.
    /// </summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Asks and tests. It takes some tens of milliseconds, on a thread of its own, and does not throw for what it
    /// finds.
    /// </summary>
    /// <param name="devicePath">The device, normally <see cref="KvmDevice.DefaultPath"/>.</param>
    /// <param name="time">The clock that guests are timed by.</param>
    /// <param name="cancellation">Ends the waiting, not the probe: that ends by itself soon.</param>
    /// <returns>The facts.</returns>
    public static async Task<KvmFacts> RunAsync(
        string devicePath, TimeProvider time, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(devicePath);
        ArgumentNullException.ThrowIfNull(time);
        cancellation.ThrowIfCancellationRequested();
        try
        {
            return await StartThread(() => Run(devicePath, time)).WaitAsync(Patience, time, cancellation);
        }
        catch (TimeoutException)
        {
            return KvmFacts.Unusable(
                devicePath,
                KvmAvailability.SelfTestFailed,
                $"KVM did not come back within {Patience.TotalSeconds} s; "
                + "a thread of the agent is stuck in the kernel.");
        }
    }

    /// <summary>What a failure to open the device means.</summary>
    internal static KvmAvailability OfOpenError(int errno) => errno switch
    {
        Errno.AccessDenied or Errno.NotPermitted => KvmAvailability.NoPermission,
        _ => KvmAvailability.NoDevice,
    };

    /// <summary>
    /// Guests must not run on a thread of the pool: signals are set up for the thread that runs them.
    /// </summary>
    private static Task<KvmFacts> StartThread(Func<KvmFacts> probe)
    {
        var done = new TaskCompletionSource<KvmFacts>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                done.SetResult(probe());
            }
            catch (Exception error)
            {
                // Whatever it is, it is the caller's to see: on this thread it would end the agent.
                done.SetException(error);
            }
        })
        {
            Name = "kvm-probe",
            IsBackground = true,
        };
        thread.Start();
        return done.Task;
    }

    private static KvmFacts Run(string devicePath, TimeProvider time)
    {
        KvmDevice device;
        try
        {
            device = KvmDevice.Open(devicePath);
        }
        catch (KvmException error)
        {
            return KvmFacts.Unusable(
                devicePath, OfOpenError(error.Errno), $"{devicePath} cannot be opened: {error.Message}");
        }

        using (device)
        {
            return Ask(devicePath, device, time);
        }
    }

    private static KvmFacts Ask(string devicePath, KvmDevice device, TimeProvider time)
    {
        int version;
        try
        {
            version = device.ApiVersion;
        }
        catch (KvmException error)
        {
            return KvmFacts.Unusable(
                devicePath, KvmAvailability.WrongApiVersion, $"{devicePath} is not a KVM device: {error.Message}");
        }

        if (version != KvmDevice.RequiredApiVersion)
        {
            return KvmFacts.Unusable(
                devicePath,
                KvmAvailability.WrongApiVersion,
                $"{devicePath} speaks API version {version}; {KvmDevice.RequiredApiVersion} is needed.",
                version);
        }

        try
        {
            return Gather(devicePath, device, version, time);
        }
        catch (KvmException error)
        {
            return KvmFacts.Unusable(
                devicePath, KvmAvailability.SelfTestFailed, $"KVM refused a plain question: {error.Message}", version);
        }
    }

    private static KvmFacts Gather(string devicePath, KvmDevice device, int version, TimeProvider time)
    {
        var cpuid = device.ReadSupportedCpuid();
        var selfTest = KvmSelfTest.Run(device, cpuid, time);
        var availability = selfTest.Verdict switch
        {
            KvmSelfTestVerdict.Fit => KvmAvailability.Available,
            KvmSelfTestVerdict.EmulatedOnly => KvmAvailability.EmulatedOnly,
            _ => KvmAvailability.SelfTestFailed,
        };
        return new KvmFacts(
            devicePath,
            availability,
            selfTest.Reason,
            version,
            [.. device.ReadExtensions()],
            device.ReadLimits(),
            [.. cpuid],
            [.. CpuidFeatures.Decode(cpuid)],
            [.. device.ReadMsrFeatures()],
            selfTest);
    }
}
