using NodeAgent.FunctionalTests.Agents;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Guests;

/// <summary>
/// VMs around the guests in tests/guests. BIOS guests greet within half a second under TCG; under a KVM that emulates
/// guest kernel code, as this project's test machines have, their firmware alone takes some seconds.
/// </summary>
internal static class Guest
{
    public const string HelloGreeting = "NodeAgent BIOS guest says hello";
    public const string TickGreeting = "NodeAgent BIOS guest ticks";
    public const string ObeyGreeting = "NodeAgent BIOS guest obeys";
    public const string DawdleGreeting = "NodeAgent BIOS guest dawdles";
    public const string RebootGreeting = "NodeAgent BIOS guest says hello and reboots";
    public const string MultibootGreeting = "NodeAgent 32-bit guest says hello";
    public const string LinuxGreeting = "NodeAgent guest says hello";

    /// <summary>A VM without anything to run: what is started paused needs no more.</summary>
    public static Vm Empty(string name, Accelerator accelerator = Accelerator.Tcg) => new()
    {
        Name = name,
        Spec = new VmSpec { Cpu = new CpuSpec { Vcpus = 1 }, MemoryBytes = 16 << 20, Accelerator = accelerator },
    };

    /// <summary>What a BIOS guest that waits for something says when it does.</summary>
    /// <param name="program">tick, obey or dawdle.</param>
    public static string GreetingOf(string program) => program switch
    {
        "tick" => TickGreeting,
        "obey" => ObeyGreeting,
        "dawdle" => DawdleGreeting,
        _ => throw new ArgumentOutOfRangeException(nameof(program), program, null),
    };

    /// <summary>A BIOS guest (hello, tick, poweroff, reboot, obey, dawdle) on a disk of its own.</summary>
    public static Vm Bios(Agent agent, string program, string? name = null, Accelerator accelerator = Accelerator.Tcg, string machine = "", bool qcow2 = false)
    {
        var vm = Empty(name ?? program, accelerator);
        vm.Spec.Machine = machine;
        vm.Spec.MemoryBytes = 32 << 20;
        vm.Spec.Disks.Add(new Disk
        {
            Path = agent.CopyImage($"{program}.{(qcow2 ? "qcow2" : "raw")}", $"{vm.Name}.img"),
            Format = qcow2 ? DiskFormat.Qcow2 : DiskFormat.Raw,
        });
        return vm;
    }

    /// <summary>The 32-bit kernel, loaded by QEMU.</summary>
    public static Vm Multiboot(string name = "multiboot", Accelerator accelerator = Accelerator.Tcg, string machine = "")
    {
        var vm = Empty(name, accelerator);
        vm.Spec.Machine = machine;
        vm.Spec.MemoryBytes = 32 << 20;
        vm.Spec.Kernel = new DirectKernel { KernelPath = Path.Combine(Artifacts.Guests, "multiboot.elf") };
        return vm;
    }

    /// <summary>The real Linux, under TCG.</summary>
    public static Vm Linux(string name = "linux", string machine = "")
    {
        var vm = Empty(name);
        vm.Spec.Machine = machine;
        vm.Spec.MemoryBytes = 192 << 20;
        vm.Spec.Kernel = new DirectKernel
        {
            KernelPath = Path.Combine(Artifacts.Guests, "vmlinuz"),
            InitrdPath = Path.Combine(Artifacts.Guests, "initrd.gz"),
            Cmdline = "console=ttyS0 quiet",
        };
        return vm;
    }

    /// <summary>Skips the test where this machine has no /dev/kvm.</summary>
    public static void NeedsKvm() => Assert.SkipUnless(File.Exists("/dev/kvm"), "this machine has no /dev/kvm");
}
