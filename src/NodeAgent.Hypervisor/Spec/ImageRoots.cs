using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Spec;

/// <summary>
/// The directories that guests' files may come from. Nothing outside is opened, and, so that nobody can find out by
/// asking, nothing outside is even looked at. A root may itself be a symbolic link, and may appear later.
/// </summary>
public sealed class ImageRoots
{
    // PATH_MAX of limits.h, less the final zero.
    private const int LongestPath = 4095;

    private readonly ImmutableArray<string> _roots;

    /// <summary>Takes the configured directories.</summary>
    /// <param name="roots">Absolute paths.</param>
    /// <exception cref="ArgumentException">A path is not absolute.</exception>
    public ImageRoots(IEnumerable<string> roots)
    {
        ArgumentNullException.ThrowIfNull(roots);
        _roots = [.. roots.Select(root => Path.IsPathFullyQualified(root)
            ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))
            : throw new ArgumentException($"image root '{root}' is not an absolute path", nameof(roots)))];
    }

    /// <summary>The directories, as configured.</summary>
    public IReadOnlyList<string> Roots => _roots;

    /// <summary>Follows a path to the file at its end, if that is a regular file or a block device under a root.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="file">The file; the caller disposes it.</param>
    /// <param name="problem">What is wrong, and what would be right.</param>
    public bool TryOpen(string path, [NotNullWhen(true)] out PathHandle? file, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(path);
        file = null;
        problem = TextProblem(path);
        if (problem is not null)
        {
            return false;
        }

        // The roots are resolved at each look: a pool may be mounted, or a link moved, while the agent runs.
        string[] real = [.. _roots.Select(RealRoot).OfType<string>()];
        if (!IsUnder(Path.GetFullPath(path), [.. _roots, .. real]))
        {
            problem = $"{SpecText.Quote(path)} is not under an image root ({string.Join(", ", _roots)}); "
                + "move the file there, or add its directory to the agent's image roots";
            return false;
        }

        return TryOpenInside(path, real, out file, out problem);
    }

    private static string? TextProblem(string path)
    {
        if (path.Length == 0)
        {
            return "is required: give the absolute path of a file under an image root";
        }

        if (!SpecText.IsPlain(path) || path.Contains('\ufffd', StringComparison.Ordinal))
        {
            return $"{SpecText.Quote(path)} has control characters or is not valid UTF-8; rename the file";
        }

        if (SpecText.ByteCount(path) > LongestPath)
        {
            return $"is longer than {LongestPath} bytes, the most that the kernel takes";
        }

        return path[0] == '/' ? null : $"{SpecText.Quote(path)} is not absolute; begin with '/'";
    }

    private static bool TryOpenInside(
        string path, string[] realRoots, [NotNullWhen(true)] out PathHandle? file, [NotNullWhen(false)] out string? problem)
    {
        file = null;
        try
        {
            var opened = PathHandle.Open(path);
            problem = ProblemOf(path, opened, realRoots);
            if (problem is null)
            {
                file = opened;
                return true;
            }

            opened.Dispose();
        }
        catch (LinuxException error)
        {
            problem = error.Errno == Errno.ENOENT
                ? $"{SpecText.Quote(path)} does not exist; create the file first, or correct the path"
                : $"{SpecText.Quote(path)} cannot be reached: {error.Message}";
        }

        return false;
    }

    private static string? ProblemOf(string path, PathHandle opened, string[] realRoots)
    {
        if (!IsUnder(opened.RealPath, realRoots))
        {
            return $"{SpecText.Quote(path)} leads to {SpecText.Quote(opened.RealPath)}, which is not under an image root; "
                + "remove the symbolic link, or add that directory to the agent's image roots";
        }

        // What QEMU gets is the real path, so that is what must be free of odd characters too.
        return TextProblem(opened.RealPath) ?? opened.Kind switch
        {
            FileKind.Regular or FileKind.BlockDevice => null,
            FileKind.Directory => $"{SpecText.Quote(path)} is a directory; name a file in it",
            _ => $"{SpecText.Quote(path)} is neither a regular file nor a block device",
        };
    }

    private static string? RealRoot(string root)
    {
        try
        {
            using var opened = PathHandle.Open(root);
            return opened.RealPath;
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    private static bool IsUnder(string path, IEnumerable<string> roots) => roots.Any(root =>
        root == "/" || (path.Length > root.Length && path[root.Length] == '/' && path.StartsWith(root, StringComparison.Ordinal)));
}
