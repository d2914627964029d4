using Google.Protobuf.WellKnownTypes;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Yaml;

public sealed class MessageWriterTest
{
    [Fact]
    public void A_VM_is_written_as_it_would_be_typed() => YamlText.Write(new Vm
    {
        Name = "web",
        Labels = { ["tier"] = "web", ["answer"] = "42", ["b"] = "" },
        Spec = new VmSpec
        {
            MemoryBytes = 3L << 29,
            Accelerator = Accelerator.Kvm,
            Kernel = new DirectKernel { Cmdline = new string('a', 200) + " b=\"c: #d\"" },
            Disks = { new Disk { Path = "/images/web.qcow2", Format = DiskFormat.Qcow2, ReadOnly = true } },
            NetworkInterfaces = { new NetworkInterface { User = new UserNetwork() } },
            Rng = false,
            BootOrder = { "no", "disk0" },
            Shutdown = new ShutdownPolicy { Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(90)) },
        },
        Status = new VmStatus { State = VmState.Running, Exit = new ExitInfo { LastWords = "first line\nsecond line\n" } },
        CreateTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 600, TimeSpan.Zero)),
    }).ShouldBe(
        $$"""
        name: web
        labels:
          answer: "42"
          b: ""
          tier: web
        spec:
          memory: 1536MiB
          accelerator: kvm
          kernel:
            cmdline: "{{new string('a', 200)}} b=\"c: #d\""
          disks:
          - path: /images/web.qcow2
            format: qcow2
            read_only: true
          network_interfaces:
          - user: {}
          rng: false
          boot_order:
          - "no"
          - disk0
          shutdown:
            timeout: 1m30s
        status:
          state: running
          exit:
            last_words: |
              first line
              second line
        create_time: 2026-01-02T03:04:05.6Z

        """);

    [Fact]
    public void Further_messages_are_documents_of_their_own() => YamlText.Write(new Vm { Name = "a" }, new Vm { Name = "b" }).ShouldBe("name: a\n---\nname: b\n");

    [Fact]
    public void Results_and_details_of_any_type_are_opened() => YamlText.Write(
        new Operation { Name = "operations/1", Done = true, Response = Any.Pack(new Vm { Name = "web" }) },
        new Event
        {
            Sequence = 7,
            Details = new Struct { Fields = { ["pid"] = Value.ForNumber(12), ["list"] = Value.ForList(Value.ForString("1"), Value.ForNull(), Value.ForBool(true)) } },
        }).ShouldBe(
        """
        name: operations/1
        done: true
        response:
          "@type": type.googleapis.com/nodeagent.v1.Vm
          name: web
        ---
        sequence: 7
        details:
          pid: 12
          list:
          - "1"
          - null
          - true

        """);
}
