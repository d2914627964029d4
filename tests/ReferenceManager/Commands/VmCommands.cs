using System.CommandLine;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using NodeAgent.V1;
using ReferenceManager.Admin.V1;
using Enum = System.Enum;

namespace ReferenceManager.Commands;

/// <summary><c>vm …</c>: drives a VM by its node's API.</summary>
internal static class VmCommands
{
    private const long DefaultMemory = 64 << 20;

    private static readonly Argument<string> s_node = new("NODE") { Description = "Id or hostname of the node." };
    private static readonly Argument<string> s_vm = new("NAME") { Description = "Name or id of the VM." };
    private static readonly Option<string> s_via = new("--via") { Description = "tunnel, direct or auto.", DefaultValueFactory = _ => "auto" };
    private static readonly Option<string> s_timeout = new("--timeout") { Description = "How long the operation may take.", DefaultValueFactory = _ => "1m" };

    public static Command Create(Func<Command, Func<Call, Task>, Command> asking)
    {
        var force = new Option<bool>("--force") { Description = "Kill QEMU at once." };
        return new Command("vm", "Drive a VM.")
        {
            CreateVm(asking),
            Verb(asking, "get", "Show it.", VmVerb.Get),
            Verb(asking, "start", "Start it.", VmVerb.Start),
            Verb(asking, "shutdown", "Ask its guest to shut down.", VmVerb.Shutdown),
            Verb(asking, "stop", "End its QEMU.", VmVerb.Stop, force),
            Verb(asking, "delete", "Forget it; it must be stopped.", VmVerb.Delete),
        };
    }

    private static Command Verb(Func<Command, Func<Call, Task>, Command> asking, string name, string what, VmVerb verb, Option<bool>? force = null)
    {
        var command = new Command(name, what) { s_node, s_vm, s_via, s_timeout };
        if (force is not null)
        {
            command.Add(force);
        }

        return asking(command, async call =>
        {
            var request = new RunVmRequest
            {
                Node = call.Said.GetValue(s_node),
                Vm = call.Said.GetValue(s_vm),
                Verb = verb,
                Via = ViaOf(call),
                Force = force is not null && call.Said.GetValue(force),
                Timeout = Duration.FromTimeSpan(Span.Parse(call.Said.GetValue(s_timeout)!)),
            };
            Show(call, await call.Api.RunVmAsync(request, cancellationToken: call.Cancellation));
        });
    }

    private static Command CreateVm(Func<Command, Func<Call, Task>, Command> asking)
    {
        var spec = new Option<FileInfo?>("--spec") { Description = "A file with a VmSpec as JSON; the options below go on top of it." };
        var memory = new Option<long?>("--memory") { Description = "Memory in MiB; 64 where nothing says it." };
        var vcpus = new Option<int?>("--vcpus") { Description = "Processors; 1 where nothing says it." };
        var kernel = new Option<string?>("--kernel") { Description = "A kernel to boot, as the node sees it." };
        var disks = new Option<string[]>("--disk") { Description = "A raw image, as the node sees it; may be repeated." };
        return asking(new Command("create", "Record a VM on a node.") { s_node, s_vm, s_via, spec, memory, vcpus, kernel, disks }, async call =>
        {
            var vm = call.Said.GetValue(spec) is { } file
                ? VmSpec.Parser.ParseJson(await File.ReadAllTextAsync(file.FullName, call.Cancellation))
                : new VmSpec();
            if (call.Said.GetValue(memory) is { } said)
            {
                vm.MemoryBytes = said << 20;
            }
            else if (vm.MemoryBytes == 0)
            {
                vm.MemoryBytes = DefaultMemory;
            }

            vm.Cpu ??= new CpuSpec();
            vm.Cpu.Vcpus = call.Said.GetValue(vcpus) ?? Math.Max(vm.Cpu.Vcpus, 1);

            if (call.Said.GetValue(kernel) is { } path)
            {
                vm.Kernel = new DirectKernel { KernelPath = path };
            }

            vm.Disks.Add((call.Said.GetValue(disks) ?? []).Select(disk => new Disk { Path = disk, Format = DiskFormat.Raw }));
            Show(call, await call.Api.CreateVmAsync(
                new Admin.V1.CreateVmRequest { Node = call.Said.GetValue(s_node), Vm = new Vm { Name = call.Said.GetValue(s_vm), Spec = vm }, Via = ViaOf(call) },
                cancellationToken: call.Cancellation));
        });
    }

    private static Via ViaOf(Call call) => Enum.TryParse<Via>(call.Said.GetValue(s_via), ignoreCase: true, out var via)
        ? via
        : throw new FormatException("--via is tunnel, direct or auto");

    private static void Show(Call call, VmResult result) => call.Write(result, to => to.WriteLine(result.Vm is { } vm
        ? $"{vm.Name} ({vm.Id}): {vm.Status.State.ToString().ToLowerInvariant()}, asked {Way(result.Via)}"
        : $"gone, asked {Way(result.Via)}"));

    private static string Way(Via via) => via == Via.Tunnel ? "by a tunnel" : "directly";
}
