using NodeAgent.Hypervisor.Devices;
using NodeAgent.Hypervisor.Saves;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Tests.Hypervisor.Saves;

public sealed class DiskMarkTests
{
    [Fact]
    public void Write_growth_and_replacement_all_show()
    {
        using var directory = new TemporaryDirectory();
        var disk = Path.Combine(directory.Path, "disk.img");
        foreach (var change in (Action[])[() => Write(disk, 2), () => Grow(disk), () => Replace(disk)])
        {
            File.WriteAllBytes(disk, new byte[4096]);
            File.SetLastWriteTimeUtc(disk, DateTime.UnixEpoch);
            var marks = DiskMark.LookAt([new BootFile(1, 5, disk, true)], Spec(disk));
            DiskMark.Changed(marks).ShouldBeEmpty();

            change();

            DiskMark.Changed(marks).ShouldBe([disk]);
        }
    }

    [Fact]
    public void Missing_file_is_an_error_and_not_a_change()
    {
        using var directory = new TemporaryDirectory();
        var disk = Path.Combine(directory.Path, "disk.img");
        File.WriteAllBytes(disk, new byte[4096]);
        var marks = DiskMark.LookAt([new BootFile(1, 5, disk, true)], Spec(disk));
        File.Delete(disk);

        Should.Throw<IOException>(() => DiskMark.Changed(marks));
    }

    [Fact]
    public void Path_of_the_spec_is_followed_anew()
    {
        using var directory = new TemporaryDirectory();
        var (first, second, link) = (Path.Combine(directory.Path, "dm-1"), Path.Combine(directory.Path, "dm-2"), Path.Combine(directory.Path, "volume"));
        File.WriteAllBytes(first, new byte[4096]);
        File.CreateSymbolicLink(link, first);
        BootFile[] files = [new(1, 5, first, true)];
        var marks = DiskMark.LookAt(files, Spec(link));

        // As device nodes do: the same volume under another number.
        File.Move(first, second);
        File.Delete(link);
        File.CreateSymbolicLink(link, second);

        DiskMark.Changed(marks).ShouldBeEmpty();
        DiskMark.Relocate([.. files], marks).ShouldBe([files[0] with { Path = second }]);
    }

    private static VmSpec Spec(string disk) => new()
    {
        Cpu = new CpuSpec { Vcpus = 1 },
        MemoryBytes = 1 << 20,
        Disks = [new DiskSpec { Name = "disk0", Path = disk, Format = DiskFormat.Raw }],
    };

    private static void Write(string disk, byte value)
    {
        using var file = File.OpenWrite(disk);
        file.WriteByte(value);
    }

    private static void Grow(string disk)
    {
        var time = File.GetLastWriteTimeUtc(disk);
        using (var file = File.OpenWrite(disk))
        {
            file.SetLength(8192);
        }

        File.SetLastWriteTimeUtc(disk, time);
    }

    private static void Replace(string disk)
    {
        File.Copy(disk, disk + ".new");
        File.SetLastWriteTimeUtc(disk + ".new", File.GetLastWriteTimeUtc(disk));
        File.Move(disk + ".new", disk, overwrite: true);
    }
}
