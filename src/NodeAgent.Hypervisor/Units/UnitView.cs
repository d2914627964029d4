using NodeAgent.Bindings.Bus;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Units;

/// <summary>
/// What of the host's files a unit sees: the system's own folders, read-only, and of everything else an empty folder in
/// which single files lie. Emptied, and not made inaccessible: below what is inaccessible systemd binds nothing, and says
/// nothing.
/// </summary>
/// <param name="Emptied">Folders that are empty in the unit but for what is bound into them; none lies in another.</param>
/// <param name="Files">What can be read besides the system: a kernel, and programs that are installed elsewhere.</param>
internal sealed record UnitView(IReadOnlyList<string> Emptied, IReadOnlyList<UnitBind> Files)
{
    // What may hold files of others that everybody can read.
    private static readonly string[] Unseen = ["/boot", "/etc/nodeagent", "/media", "/mnt", "/opt", "/run", "/srv", "/var"];

    // Emptied by settings of their own: ProtectHome=, PrivateTmp=.
    private static readonly string[] UnseenAnyway = ["/home", "/root", "/tmp"];

    /// <summary>Waits for the file systems that the folders are on.</summary>
    /// <param name="hidden">Directories of the agent: images, state, sockets.</param>
    /// <param name="readable">Files that QEMU reads by path.</param>
    /// <param name="programs">Real paths of what is executed.</param>
    public static UnitView Of(IEnumerable<string> hidden, IEnumerable<UnitBind> readable, params string[] programs)
    {
        var emptied = Outermost([.. Unseen.Concat(hidden).Where(Directory.Exists).Select(RealPath)]);
        return new(
            [.. emptied.Where(path => !IsBelow(path, UnseenAnyway) && !UnseenAnyway.Contains(path))],
            [.. readable, .. programs.Where(program => IsBelow(program, [.. emptied, .. UnseenAnyway])).SelectMany(PartsOf)]);
    }

    /// <summary>Where a path leads to: what is executed is executed there.</summary>
    public static string RealPath(string path)
    {
        try
        {
            using var place = PathHandle.Open(path);
            return place.RealPath;
        }
        catch (LinuxException)
        {
            // It is for whoever executes it to say what is wrong with it.
            return path;
        }
    }

    /// <summary>A program, and what one that is installed as PREFIX/bin/PROGRAM has beside it. What is missing is no error.</summary>
    private static IEnumerable<UnitBind> PartsOf(string program)
    {
        yield return new(program, program);
        var folder = Path.GetDirectoryName(program)!;
        if (Path.GetFileName(folder) != "bin" || Path.GetDirectoryName(folder) is not { } prefix)
        {
            yield break;
        }

        foreach (var part in (string[])["lib", "lib64", "share/qemu", "share/seabios"])
        {
            var path = Path.Combine(prefix, part);
            yield return new(path, path) { IgnoreMissing = true };
        }
    }

    private static IReadOnlyList<string> Outermost(IReadOnlyList<string> paths) =>
        [.. paths.Distinct(StringComparer.Ordinal).Where(path => path != "/" && !IsBelow(path, [.. paths.Where(other => other != path)]))];

    private static bool IsBelow(string path, IReadOnlyList<string> folders) =>
        folders.Any(folder => path.StartsWith(folder + "/", StringComparison.Ordinal));
}
