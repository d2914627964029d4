using System.Text.RegularExpressions;

namespace NodeAgent.Tests.Architecture;

/// <summary>
/// Which folder of a project uses which other: by the compiled code, and by the using directives, because a constant
/// leaves no trace in compiled code.
/// </summary>
internal sealed partial class FolderGraph
{
    private readonly string _project;
    private readonly SortedDictionary<string, SortedDictionary<string, string>> _arrows = new(StringComparer.Ordinal);

    /// <summary>The arrows between the folders of a project, which are its namespaces below the project's own.</summary>
    public FolderGraph(string project)
    {
        _project = project;
        foreach (var (fromSpace, from, toSpace, to) in Floors.Uses)
        {
            Add(FolderOf(fromSpace), FolderOf(toSpace), $"{from} uses {to}");
        }

        foreach (var file in Repository.Files($"src/{project}", "*.cs"))
        {
            var text = Repository.Read(file);
            foreach (Match used in UsingDirective().Matches(text))
            {
                Add(FolderOf(Namespace().Match(text).Groups[1].Value), FolderOf(used.Groups[1].Value), file);
            }
        }
    }

    /// <summary>All arrows, "Vms → Ledger", with one example each.</summary>
    public IEnumerable<(string From, string To, string Example)> Arrows =>
        _arrows.SelectMany(from => from.Value.Select(to => (from.Key, to.Key, to.Value)));

    /// <summary>A circle with an example for each of its arrows; <c>null</c> where there is none.</summary>
    public string? FindCircle()
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        return _arrows.Keys.Select(folder => FindCircle(folder, [], done)).FirstOrDefault(circle => circle is not null);
    }

    private string? FindCircle(string folder, List<string> path, HashSet<string> done)
    {
        if (path.IndexOf(folder) is >= 0 and var begin)
        {
            return string.Join(
                "; ", path[begin..].Zip([.. path[(begin + 1)..], folder], (from, to) => $"{from} → {to} ({_arrows[from][to]})"));
        }

        if (!done.Add(folder) || !_arrows.TryGetValue(folder, out var next))
        {
            return null;
        }

        path.Add(folder);
        var circle = next.Keys.Select(to => FindCircle(to, path, done)).FirstOrDefault(found => found is not null);
        path.RemoveAt(path.Count - 1);
        return circle;
    }

    // The project's own namespace (Program.cs) is no folder, and those of other projects are none of its.
    private string? FolderOf(string space)
    {
        var isOther = _project == "NodeAgent" && Floors.ByProject.Keys.Any(other => other != _project && IsWithin(space, other));
        return !isOther && IsWithin(space, _project) && space.Length > _project.Length ? space[(_project.Length + 1)..] : null;
    }

    private static bool IsWithin(string space, string project) =>
        space == project || space.StartsWith(project + ".", StringComparison.Ordinal);

    private void Add(string? from, string? to, string example)
    {
        if (from is null || to is null || from == to)
        {
            return;
        }

        if (!_arrows.TryGetValue(from, out var targets))
        {
            _arrows[from] = targets = new(StringComparer.Ordinal);
        }

        targets.TryAdd(to, example);
    }

    [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?([A-Za-z0-9_.]+);", RegexOptions.Multiline)]
    private static partial Regex UsingDirective();

    [GeneratedRegex(@"^namespace ([A-Za-z0-9_.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
