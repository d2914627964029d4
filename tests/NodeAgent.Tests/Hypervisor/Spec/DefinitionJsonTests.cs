using System.Collections.Immutable;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Tests.Hypervisor.Qemu;

namespace NodeAgent.Tests.Hypervisor.Spec;

public sealed class DefinitionJsonTests
{
    [Fact]
    public void Definition_is_read_as_it_was_written()
    {
        foreach (var golden in GoldenCase.All)
        {
            var definition = SampleVm.Define(golden.Spec with
            {
                Autostart = new AutostartSpec(2, TimeSpan.FromSeconds(3)),
                Restart = new RestartPolicy { Mode = RestartMode.OnFailure, MaxBackoff = TimeSpan.FromHours(2) },
            }) with
            {
                Labels = ImmutableSortedDictionary<string, string>.Empty.Add("team", "a \"b\" é"),
                CreateTime = DateTimeOffset.UnixEpoch,
                UpdateTime = DateTimeOffset.UnixEpoch.AddDays(1),
            };
            var text = DefinitionJson.Write(definition);
            var read = DefinitionJson.TryRead(text).ShouldNotBeNull();
            DefinitionJson.Write(read).ShouldBe(text);
            read.Spec.Disks.ShouldBe(definition.Spec.Disks);
            read.Spec.Kernel.ShouldBe(definition.Spec.Kernel);
            read.Spec.Restart.ShouldBe(definition.Spec.Restart);
            read.Spec.Cpu.ShouldBe(definition.Spec.Cpu);
            read.Labels.ShouldBe(definition.Labels);
        }
    }

    [Fact]
    public void What_an_older_agent_did_not_write_takes_its_default_and_what_a_newer_one_wrote_is_skipped()
    {
        var read = DefinitionJson.TryRead(
            """
            {"id":"6b1f7a3e-5a10-4c43-9f7e-0c2d8a3b1e57","name":"web","from_the_future":{"a":[1]},
             "spec":{"cpu":{"vcpus":2,"turbo":true},"memory_bytes":1048576,"disks":[{"name":"a","path":"/a","format":"Raw","cache":"none"}]}}
            """).ShouldNotBeNull();
        read.Generation.ShouldBe(1);
        read.Labels.ShouldBeEmpty();
        read.Spec.Machine.ShouldBe("q35");
        read.Spec.Rng.ShouldBeTrue();
        read.Spec.Balloon.ShouldBeTrue();
        read.Spec.Console.ShouldBe(new ConsoleSpec());
        read.Spec.NetworkInterfaces.IsDefault.ShouldBeFalse();
        read.Spec.BootOrder.IsDefault.ShouldBeFalse();
        read.Spec.Restart.ShouldBe(new RestartPolicy());
        read.Spec.Shutdown.ShouldBe(new ShutdownPolicy());
        read.Spec.Disks.ShouldHaveSingleItem().ReadOnly.ShouldBeFalse();
    }

    [Theory]
    [InlineData("name")]
    [InlineData("memory_bytes")]
    [InlineData("path")]
    public void A_name_that_stands_twice_is_not_read(string name)
    {
        var text = DefinitionJson.Write(SampleVm.Define(GoldenCase.All.First(golden => !golden.Spec.Disks.IsEmpty).Spec));
        var at = text.IndexOf($"\"{name}\":", StringComparison.Ordinal);
        at.ShouldBeGreaterThan(0);

        DefinitionJson.TryRead(text).ShouldNotBeNull();
        DefinitionJson.TryRead(text.Insert(at, $"\"{name}\":null,")).ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"name\":\"a\"}")]
    [InlineData("{\"id\":\"x\",\"name\":\"a\",\"spec\":{}}")]
    public void What_is_no_definition_is_not_read(string text) => DefinitionJson.TryRead(text).ShouldBeNull();
}
