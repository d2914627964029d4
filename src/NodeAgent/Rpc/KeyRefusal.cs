namespace NodeAgent.Rpc;

/// <summary>
/// QEMU does not know a key. Which keys there are depends on the VM's QEMU, so it is asked instead of a list of ours; its
/// answer ("Parameter 'data' does not accept value 'x'") names the key and not its place.
/// </summary>
internal static class KeyRefusal
{
    /// <summary>The refusal that names the field.</summary>
    /// <param name="keys">The keys that were asked for.</param>
    /// <param name="words">What QEMU said.</param>
    public static RpcRefusal Of(IReadOnlyList<string> keys, string words)
    {
        for (var i = 0; i < keys.Count; i++)
        {
            if (words.Contains($"'{keys[i]}'", StringComparison.Ordinal))
            {
                return RpcRefusal.Field($"keys[{i}]", $"QEMU knows no key '{keys[i]}'. Write names of its QKeyCode, for instance ctrl, alt, delete.");
            }
        }

        return RpcRefusal.Field("keys", words);
    }
}
