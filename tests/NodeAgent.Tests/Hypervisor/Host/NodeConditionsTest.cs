using System.Collections.Immutable;
using System.Reflection;
using NodeAgent.Bindings.Kvm;
using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Host;
using NodeAgent.Tests.Bindings.Linux;

namespace NodeAgent.Tests.Hypervisor.Host;

public sealed class NodeConditionsTest : IDisposable
{
    private readonly FakeTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData(KvmAvailability.Available, NodeConditionReason.KvmSelfTestPassed)]
    [InlineData(KvmAvailability.NoDevice, NodeConditionReason.KvmDeviceMissing)]
    [InlineData(KvmAvailability.NoPermission, NodeConditionReason.KvmPermissionDenied)]
    [InlineData(KvmAvailability.WrongApiVersion, NodeConditionReason.KvmApiVersionWrong)]
    [InlineData(KvmAvailability.SelfTestFailed, NodeConditionReason.KvmSelfTestFailed)]
    [InlineData(KvmAvailability.EmulatedOnly, NodeConditionReason.KvmEmulatedOnly)]
    [InlineData(KvmAvailability.NotAsked, NodeConditionReason.KvmNotAsked)]
    public void Each_state_of_KVM_has_its_reason_message_and_remedy(KvmAvailability availability, string reason)
    {
        var condition = Of(Kvm(availability))[NodeConditionType.KvmReady];
        var good = availability == KvmAvailability.Available;
        condition.Status.ShouldBe(good ? ConditionStatus.True : ConditionStatus.False);
        condition.Severity.ShouldBe(good ? ConditionSeverity.Info : ConditionSeverity.Error);
        condition.Reason.ShouldBe(reason);
        condition.Message.ShouldBe("as found");
        (condition.Remedy.Length == 0).ShouldBe(good);
    }

    [Fact]
    public void No_two_states_of_KVM_share_reason_or_remedy()
    {
        var states = Enum.GetValues<KvmAvailability>();
        states.Select(KvmCondition.ReasonOf).ShouldBeUnique();
        states.Select(state => KvmCondition.RemedyFor(state, "/dev/kvm")).ShouldBeUnique();
    }

    [Fact]
    public void Poor_host_gets_advice_but_only_what_hurts_is_more_than_info()
    {
        var conditions = Of(Kvm(KvmAvailability.Available));
        conditions.Keys.ShouldBe(NodeConditionType.All, ignoreOrder: true);
        conditions[NodeConditionType.IommuEnabled].Reason.ShouldBe(NodeConditionReason.IommuOff);
        conditions[NodeConditionType.HugepagesReserved].Reason.ShouldBe(NodeConditionReason.HugepagePoolsEmpty);
        conditions[NodeConditionType.PressureReported].Reason.ShouldBe(NodeConditionReason.PressureStallOff);
        conditions[NodeConditionType.MachineIdentified].Reason.ShouldBe(NodeConditionReason.MachineIdMissing);
        conditions.Values.Where(condition => condition.Severity != ConditionSeverity.Info)
            .Select(condition => condition.Type).ShouldBe([NodeConditionType.MachineIdentified]);
        conditions.Values.Where(condition => condition.Status != ConditionStatus.True)
            .ShouldAllBe(condition => condition.Remedy.Length > 0);
    }

    [Fact]
    public void Rich_host_is_true_in_everything()
    {
        Directory.CreateDirectory(Path.Combine(_tree.Root, "sys/kernel/iommu_groups/0"));
        _tree.Add("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "64");
        _tree.Add("sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0");
        _tree.Add("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5");
        _tree.Add("etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4");
        var conditions = Of(Kvm(KvmAvailability.Available) with
        {
            Limits = new KvmLimits(2, 1024, 4096, 32764, NestedStateBytes: 4096),
            CpuFeatures = ["svm"],
        });
        conditions.Values.ShouldAllBe(condition => condition.Status == ConditionStatus.True && condition.Remedy == "");
        conditions[NodeConditionType.HugepagesReserved].Message.ShouldEndWith("64 of 2048 KiB.");
    }

    [Fact]
    public void Nested_virtualization_is_unknown_where_KVM_could_not_be_asked() =>
        Of(Kvm(KvmAvailability.NoDevice) with { Limits = null })[NodeConditionType.NestedVirtualization]
            .Status.ShouldBe(ConditionStatus.Unknown);

    [Fact]
    public void Reasons_are_words_and_each_is_named_as_it_is()
    {
        foreach (var field in typeof(NodeConditionReason).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            field.GetRawConstantValue().ShouldBe(field.Name);
        }
    }

    private static KvmFacts Kvm(KvmAvailability availability) => new(
        "/dev/kvm",
        availability,
        "as found",
        12,
        [],
        new KvmLimits(2, 1024, 4096, 32764, 0),
        [],
        [],
        [],
        null);

    private ImmutableDictionary<string, NodeCondition> Of(KvmFacts kvm) =>
        NodeConditions.Of(new HostFactsReader(_tree.Root).Read(), kvm)
            .ToImmutableDictionary(condition => condition.Type);
}
