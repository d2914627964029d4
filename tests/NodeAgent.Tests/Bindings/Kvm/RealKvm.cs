using NodeAgent.Bindings.Kvm;

namespace NodeAgent.Tests.Bindings.Kvm;

/// <summary>The KVM of the machine that the tests run on; tests that want it are skipped where there is none.</summary>
internal static class RealKvm
{
    public static KvmDevice OpenOrSkip()
    {
        try
        {
            return KvmDevice.Open(KvmDevice.DefaultPath);
        }
        catch (KvmException error)
        {
            Assert.Skip($"No usable KVM here: {error.Message}");
            throw;
        }
    }
}
