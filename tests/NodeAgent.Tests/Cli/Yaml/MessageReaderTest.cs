using Google.Protobuf.WellKnownTypes;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Yaml;

public sealed class MessageReaderTest
{
    private const string Complete =
        """
        # a web server
        name: web
        id: 6a1f6a0e-0d6b-4b53-9f52-0a1c2b3d4e5f
        labels: {tier: web, "on": "yes"}
        spec:
          cpu:
            vcpus: 2
            topology: {sockets: 1, dies: 1, cores: 2, threads: 1}
            model: host
          memory: 512M
          machine: q35
          accelerator: KVM
          kernel:
            kernelPath: /images/vmlinuz
            initrd_path: /images/initrd
            cmdline: console=ttyS0 quiet
          disks:
            - name: root
              path: /images/web.qcow2
              format: qcow2
            - path: /images/data.raw
              format: DISK_FORMAT_RAW
              readOnly: yes
          network_interfaces:
            - mac: 52:54:00:12:34:56
              user: {restricted: on}
            - user: {}
          rng: off
          console: {history_bytes: 64KiB}
          on_panic: reset
          boot_order: [root, net0]
          restart: {mode: on-failure, initial_backoff: 500ms, max_backoff: 1m30s}
          shutdown: {timeout: 30s, fallback: force-stop}
        """;

    [Fact]
    public void A_complete_file_is_read() => YamlText.Read(Complete).ShouldBe(new Vm
    {
        Name = "web",
        Id = "6a1f6a0e-0d6b-4b53-9f52-0a1c2b3d4e5f",
        Labels = { ["tier"] = "web", ["on"] = "yes" },
        Spec = new VmSpec
        {
            Cpu = new CpuSpec { Vcpus = 2, Model = "host", Topology = new CpuTopology { Sockets = 1, Dies = 1, Cores = 2, Threads = 1 } },
            MemoryBytes = 512 << 20,
            Machine = "q35",
            Accelerator = Accelerator.Kvm,
            Kernel = new DirectKernel { KernelPath = "/images/vmlinuz", InitrdPath = "/images/initrd", Cmdline = "console=ttyS0 quiet" },
            Disks =
            {
                new Disk { Name = "root", Path = "/images/web.qcow2", Format = DiskFormat.Qcow2 },
                new Disk { Path = "/images/data.raw", Format = DiskFormat.Raw, ReadOnly = true },
            },
            NetworkInterfaces =
            {
                new NetworkInterface { Mac = "52:54:00:12:34:56", User = new UserNetwork { Restricted = true } },
                new NetworkInterface { User = new UserNetwork() },
            },
            Rng = false,
            Console = new ConsoleSpec { HistoryBytes = 64 << 10 },
            OnPanic = PanicAction.Reset,
            BootOrder = { "root", "net0" },
            Restart = new RestartPolicy
            {
                Mode = RestartMode.OnFailure,
                InitialBackoff = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(500)),
                MaxBackoff = Duration.FromTimeSpan(TimeSpan.FromSeconds(90)),
            },
            Shutdown = new ShutdownPolicy { Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(30)), Fallback = ShutdownFallback.ForceStop },
        },
    });

    [Fact]
    public void The_JSON_mapping_of_protobuf_is_read_too() =>
        YamlText.Read("""{"name": "web", "spec": {"memoryBytes": "268435456", "accelerator": "ACCELERATOR_TCG", "shutdown": {"timeout": "1.500s"}}}""")
            .ShouldBe(new Vm
            {
                Name = "web",
                Spec = new VmSpec
                {
                    MemoryBytes = 256 << 20,
                    Accelerator = Accelerator.Tcg,
                    Shutdown = new ShutdownPolicy { Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(1.5)) },
                },
            });

    [Theory]
    [InlineData("memory: 1G")]
    [InlineData("memory_bytes: 1GiB")]
    [InlineData("memoryBytes: 1073741824")]
    public void A_size_has_three_names_and_a_unit(string line) => YamlText.Read($"spec: {{{line}}}").Spec.MemoryBytes.ShouldBe(1L << 30);

    [Fact]
    public void Nothing_said_means_the_default() => YamlText.Read("name: web\nspec:\n  cpu:\n  disks: ~\n  machine: null\n").ShouldBe(new Vm { Name = "web", Spec = new VmSpec() });

    [Fact]
    public void Everything_wrong_is_told_at_once_with_line_field_and_what_was_meant() =>
        YamlText.Errors(
            """
            name: web
            sepc: {}
            spec:
              memroy: 1G
              memory: lots
              accelerator: xen
              cpu: 4
              disks:
                - path: /a
                  format: vmdk
                  reado_nly: true
              shutdown: {timeout: 30}
            """).ShouldBe(
        [
            "vm.yaml:2: sepc: unknown field; did you mean 'spec'?",
            "vm.yaml:4: spec.memroy: unknown field; did you mean 'memory'?",
            "vm.yaml:5: spec.memory: 'lots' is not a size; write for instance 256M or 1GiB",
            "vm.yaml:6: spec.accelerator: 'xen' is not one of auto, kvm, tcg",
            "vm.yaml:7: spec.cpu: expected fields of CpuSpec, as 'key: value'",
            "vm.yaml:10: spec.disks[0].format: 'vmdk' is not one of raw, qcow2",
            "vm.yaml:11: spec.disks[0].reado_nly: unknown field; did you mean 'read_only'?",
            "vm.yaml:12: spec.shutdown.timeout: '30' is not a duration; write for instance 30s, 2m or 1m30s",
        ]);

    [Theory]
    [InlineData("spec: {disks: /a}", "vm.yaml:1: spec.disks: expected a list, each item on a line of its own after '- '")]
    [InlineData("labels: [a]", "vm.yaml:1: labels: expected keys and values")]
    [InlineData("name: [a]", "vm.yaml:1: name: expected a text")]
    [InlineData("spec: {rng: perhaps}", "vm.yaml:1: spec.rng: 'perhaps' is not true or false")]
    [InlineData("spec: {cpu: {vcpus: 2.5}}", "vm.yaml:1: spec.cpu.vcpus: '2.5' is not a number")]
    [InlineData("- name: web", "vm.yaml:1: expected fields of Vm, as 'key: value'")]
    public void A_value_of_the_wrong_kind_is_refused(string text, string error) => YamlText.Errors(text).ShouldBe([error]);
}
