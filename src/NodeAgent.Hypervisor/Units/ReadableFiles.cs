using NodeAgent.Bindings.Bus;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Units;

/// <summary>
/// The files that QEMU opens by path, a kernel and its RAM disk, where QEMU's user can read them: the file itself where
/// everybody may, otherwise a copy that lives as long as the run. The file keeps its owner and its mode.
/// </summary>
internal static class ReadableFiles
{
    private const UnixFileMode Everybody = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Makes the copies that are needed.</summary>
    /// <returns>What is to be seen at which path.</returns>
    public static IReadOnlyList<UnitBind> Prepare(IReadOnlyList<string> paths, RunDirectory directory)
    {
        var binds = new List<UnitBind>();
        foreach (var path in paths)
        {
            var source = path;
            if (!File.GetUnixFileMode(path).HasFlag(UnixFileMode.OtherRead))
            {
                source = Path.Combine(directory.Path, $"copy-{binds.Count}");
                File.Copy(path, source, overwrite: true);
                File.SetUnixFileMode(source, Everybody);
            }

            binds.Add(new UnitBind(source, path));
        }

        return binds;
    }
}
