using System.Runtime.CompilerServices;

namespace NodeAgent.Hypervisor.Host.SelfTest;

/// <summary>
/// The guests' rounds of arithmetic, done by this process: for the right results, and for the host's speed.
/// </summary>
internal static class ReferenceLoop
{
    private const uint TimedRounds = 200_000;
    private const int Samples = 3;

    /// <summary>
    /// What <paramref name="rounds"/> rounds lead to, in 64 bits. The low bits are the results of narrower guests.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static ulong Run(uint rounds)
    {
        var x = GuestState.Seed;
        for (var round = rounds; round != 0; round--)
        {
            x = unchecked((x * GuestState.Multiplier) + GuestState.Increment);
        }

        return x;
    }

    /// <summary>
    /// Nanoseconds per round on this host now; the best of a few, because only a disturbance makes it longer.
    /// </summary>
    public static double NanosecondsPerRound(TimeProvider time)
    {
        var best = TimeSpan.MaxValue;
        for (var sample = 0; sample < Samples; sample++)
        {
            var start = time.GetTimestamp();
            _ = Run(TimedRounds);
            var took = time.GetElapsedTime(start);
            best = took < best ? took : best;
        }

        return best.TotalNanoseconds / TimedRounds;
    }
}
