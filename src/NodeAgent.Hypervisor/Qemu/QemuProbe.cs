using Microsoft.Extensions.Logging;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// Finds out what an installed QEMU can do by asking it, and keeps the answer for as long as nothing that it depends on
/// has changed.
/// </summary>
/// <param name="cacheDirectory">Where answers are kept; created when needed. Without it each start asks anew.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed class QemuProbe(string cacheDirectory, TimeProvider time, ILogger<QemuProbe> logger)
{
    private const string WithKvm = "kvm:tcg", WithoutKvm = "tcg";

    private readonly ProbeCache _cache = new(cacheDirectory, logger);
    private readonly string _name = $"nodeagent-probe:{cacheDirectory}";
    private int _orphansEnded;

    /// <summary>Longest wait for all answers together; a real QEMU needs about 0.1 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Asks.</summary>
    /// <param name="binary">Absolute path of QEMU.</param>
    /// <param name="host">What the answer depends on beside the binary.</param>
    /// <param name="refresh">Ask even when the answer is known.</param>
    /// <param name="cancellationToken">Ends the wait and the QEMU that was asked.</param>
    /// <returns>What it said, or why it said nothing. Never throws for what the binary does.</returns>
    public async Task<QemuProbeResult> AskAsync(string binary, ProbeHost host, bool refresh, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(binary);
        ArgumentNullException.ThrowIfNull(host);
        if (Interlocked.Exchange(ref _orphansEnded, 1) == 0)
        {
            ProbeOrphans.End(_name);
        }

        ProbeCacheKey key;
        try
        {
            using var file = PathHandle.Open(binary);
            key = ProbeCacheKey.For(binary, file, host);
        }
        catch (LinuxException error)
        {
            return new QemuProbeResult.Failed(QemuProbeFailure.Missing, $"{binary} is not there: {error.Message}; install QEMU, or correct the path");
        }

        if (!refresh && _cache.Find(key) is { } known)
        {
            return new QemuProbeResult.Answered(known, Cached: true);
        }

        var result = await InterviewAsync(binary, host, cancellationToken);
        if (result is QemuProbeResult.Answered { Capabilities: var answer })
        {
            QemuProbeLog.Answered(logger, binary, answer.Version, answer.Machines.Length, answer.CpuModels.Length, answer.Devices.Length);
            _cache.Keep(key, answer);
        }

        return result;
    }

    private async Task<QemuProbeResult> InterviewAsync(string binary, ProbeHost host, CancellationToken cancellationToken)
    {
        if (host.KvmAvailable)
        {
            var result = await new QemuInterview(binary, WithKvm, Patience, time, logger) { Name = _name }.RunAsync(cancellationToken);
            if (result is not QemuProbeResult.Failed { Reason: QemuProbeFailure.Crashed } failed)
            {
                return result;
            }

            // A KVM that brings QEMU down is no reason to do without QEMU.
            QemuProbeLog.Failed(logger, binary, WithKvm, failed.Message);
        }

        return await new QemuInterview(binary, WithoutKvm, Patience, time, logger) { Name = _name }.RunAsync(cancellationToken);
    }
}
