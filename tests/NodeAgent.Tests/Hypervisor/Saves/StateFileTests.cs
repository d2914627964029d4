using System.Collections.Immutable;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Saves;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Tests.Hypervisor.Saves;

public sealed class StateFileTests
{
    [Fact]
    public async Task Position_is_the_writers_alone()
    {
        using var directory = new TemporaryDirectory();
        using var file = StateFile.Create(directory.Path, Guid.NewGuid());
        File.GetUnixFileMode(Path.Combine(directory.Path, file.Name)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        // As QEMU does, through a descriptor of its own that shares the position.
        using (var shared = new FileStream($"/proc/self/fd/{file.Handle.DangerousGetHandle()}", FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            await shared.WriteAsync("whole"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        file.FlushSome();
        (await file.FlushAsync()).ShouldBe(5);
    }

    [Fact]
    public async Task Sweep_leaves_what_is_on_record_and_nothing_else_of_its_kind()
    {
        using var directory = new TemporaryDirectory();
        var saved = await MakeAsync(directory.Path, "kept");
        await MakeAsync(directory.Path, "torn");
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "console.log"), "hello", TestContext.Current.CancellationToken);

        StateFile.Sweep(directory.Path, saved);

        Directory.GetFiles(directory.Path).Select(Path.GetFileName).ShouldBe([saved.File, "console.log"], ignoreOrder: true);
        StateFile.Sweep(directory.Path, null);
        Directory.GetFiles(directory.Path).Select(Path.GetFileName).ShouldBe(["console.log"]);
        StateFile.Sweep(Path.Combine(directory.Path, "none"), null);
    }

    [Fact]
    public async Task File_that_was_cut_short_is_not_whole()
    {
        using var directory = new TemporaryDirectory();
        var saved = await MakeAsync(directory.Path, "whole");
        StateFile.IsWhole(directory.Path, saved).ShouldBeTrue();
        StateFile.Open(directory.Path, saved).Dispose();

        await File.WriteAllTextAsync(Path.Combine(directory.Path, saved.File), "who", TestContext.Current.CancellationToken);

        StateFile.IsWhole(directory.Path, saved).ShouldBeFalse();
        Should.Throw<IOException>(() => StateFile.Open(directory.Path, saved));
    }

    private static async Task<SavedState> MakeAsync(string directory, string content)
    {
        using var file = StateFile.Create(directory, Guid.NewGuid());
        await File.WriteAllTextAsync(Path.Combine(directory, file.Name), content, TestContext.Current.CancellationToken);
        return new SavedState
        {
            RunId = Guid.NewGuid(),
            File = file.Name,
            SizeBytes = content.Length,
            Time = DateTimeOffset.UnixEpoch,
            ByHost = false,
            CpusRan = true,
            Boot = new BootContract
            {
                QemuBinary = "/usr/bin/qemu",
                QemuVersion = "7.2",
                Machine = "pc",
                CpuModel = "max",
                Arguments = ["-S"],
                Devices = [],
                SpecGeneration = 1,
                Accelerator = Accelerator.Tcg,
                AcceleratorReason = "",
            },
            Spec = new VmSpec { Cpu = new CpuSpec { Vcpus = 1 }, MemoryBytes = 1 << 20 },
            Disks = ImmutableArray<DiskMark>.Empty,
        };
    }
}
