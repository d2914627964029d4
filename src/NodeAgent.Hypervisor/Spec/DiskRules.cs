using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Spec;

/// <summary>Disks: their files, as far as they can be judged without reading them, and what the guest sees of them.</summary>
internal static class DiskRules
{
    // VIRTIO_BLK_ID_BYTES of the virtio specification.
    private const int MaxSerial = 20;

    public static void Check(VmSpec spec, ImageRoots roots, ViolationList violations)
    {
        violations.Unless(
            spec.Disks.Length <= DeviceLimits.Disks,
            "spec.disks",
            $"{spec.Disks.Length} disks; a machine has places for {DeviceLimits.Disks}");

        var seen = new Dictionary<(uint, uint, ulong), int>();
        for (var i = 0; i < Math.Min(spec.Disks.Length, DeviceLimits.Disks); i++)
        {
            var disk = spec.Disks[i];
            var field = $"spec.disks[{i}]";
            violations.Unless(
                Enum.IsDefined(disk.Format), $"{field}.format", "must be said, because a format is never guessed from the content: RAW or QCOW2");
            violations.Unless(
                disk.Serial is null || IsSerial(disk.Serial),
                $"{field}.serial",
                $"{SpecText.Quote(disk.Serial)} is no serial: use 1 to {MaxSerial} printable ASCII characters without blanks");
            if (!roots.TryOpen(disk.Path, out var file, out var problem))
            {
                violations.Add($"{field}.path", problem);
                continue;
            }

            using (file)
            {
                CheckShared(spec, i, file, seen, violations);
            }
        }
    }

    private static void CheckShared(
        VmSpec spec, int index, PathHandle file, Dictionary<(uint, uint, ulong), int> seen, ViolationList violations)
    {
        var identity = (file.Device.Major, file.Device.Minor, file.Inode);
        if (!seen.TryAdd(identity, index))
        {
            var other = seen[identity];
            violations.Unless(
                spec.Disks[index].ReadOnly && spec.Disks[other].ReadOnly,
                $"spec.disks[{index}].path",
                $"is the same file as spec.disks[{other}].path; two disks may share a file only when both are read_only");
        }
    }

    private static bool IsSerial(string serial) =>
        serial.Length is > 0 and <= MaxSerial && serial.All(c => c is > ' ' and <= '~');
}
