using Google.Protobuf.WellKnownTypes;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Rpc;

namespace NodeAgent.Tests.Rpc;

public sealed class UpdateMaskTests
{
    private static V1.Vm Current => new()
    {
        Id = "id",
        Name = "web",
        Etag = "etag",
        Labels = { ["tier"] = "db", ["site"] = "x" },
        Spec = new V1.VmSpec
        {
            Cpu = new V1.CpuSpec { Vcpus = 2, Model = "max" },
            MemoryBytes = 100,
            Rng = false,
            Disks = { new V1.Disk { Path = "/a" } },
            Kernel = new V1.DirectKernel { KernelPath = "/k" },
        },
    };

    [Fact]
    public void An_empty_mask_takes_labels_and_spec_as_a_whole_and_nothing_else()
    {
        var result = Apply(new V1.Vm { Id = "other", Name = "other", Labels = { ["a"] = "b" }, Spec = new V1.VmSpec { MemoryBytes = 7 } });

        result.ShouldBe(new V1.Vm { Id = "id", Name = "web", Etag = "etag", Labels = { ["a"] = "b" }, Spec = new V1.VmSpec { MemoryBytes = 7 } });
    }

    [Fact]
    public void A_star_takes_the_name_too() => Apply(new V1.Vm { Name = "other" }, "*").Name.ShouldBe("other");

    [Fact]
    public void A_nested_path_takes_one_field()
    {
        var result = Apply(new V1.Vm { Spec = new V1.VmSpec { MemoryBytes = 7, Cpu = new V1.CpuSpec { Vcpus = 9 } } }, "spec.memory_bytes", "spec.cpu.vcpus");

        result.Spec.MemoryBytes.ShouldBe(7);
        result.Spec.Cpu.ShouldBe(new V1.CpuSpec { Vcpus = 9, Model = "max" });
        result.Labels.Count.ShouldBe(2);
    }

    [Fact]
    public void A_field_that_is_unset_in_the_request_is_unset_in_the_result()
    {
        var result = Apply(new V1.Vm { Spec = new V1.VmSpec() }, "spec.rng", "spec.kernel", "spec.disks", "spec.memory_bytes", "labels");

        result.Spec.HasRng.ShouldBeFalse();
        result.Spec.Kernel.ShouldBeNull();
        result.Spec.Disks.ShouldBeEmpty();
        result.Spec.MemoryBytes.ShouldBe(0);
        result.Labels.ShouldBeEmpty();
        result.Spec.Cpu.Vcpus.ShouldBe(2);
    }

    [Fact]
    public void A_path_under_a_message_that_is_unset_on_either_side_works()
    {
        Apply(new V1.Vm { Spec = new V1.VmSpec { Watchdog = new V1.WatchdogSpec { Action = V1.WatchdogAction.Nmi } } }, "spec.watchdog.action")
            .Spec.Watchdog.Action.ShouldBe(V1.WatchdogAction.Nmi);
        Apply(new V1.Vm(), "spec.cpu.model").Spec.Cpu.Model.ShouldBe("");
    }

    [Theory]
    [InlineData("id")]
    [InlineData("status")]
    [InlineData("status.state")]
    [InlineData("spec.nothing")]
    [InlineData("spec.disks.path")]
    [InlineData("spec.memory_bytes.x")]
    [InlineData("labels.tier")]
    [InlineData("")]
    [InlineData("spec.")]
    public void A_path_that_names_no_field_that_can_be_changed_is_refused(string path)
    {
        var fault = Should.Throw<VmException>(() => Apply(new V1.Vm(), "name", path));

        fault.Violations.ShouldHaveSingleItem().Field.ShouldBe("update_mask.paths[1]");
    }

    [Fact]
    public void The_current_vm_is_not_touched()
    {
        var current = Current;

        UpdateMask.Apply(current, new V1.Vm { Name = "x", Spec = new V1.VmSpec { MemoryBytes = 7 } }, new FieldMask { Paths = { "*" } });

        current.ShouldBe(Current);
    }

    private static V1.Vm Apply(V1.Vm request, params string[] paths) => UpdateMask.Apply(Current, request, new FieldMask { Paths = { paths } });
}
