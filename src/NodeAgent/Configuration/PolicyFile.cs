using System.Collections.Frozen;
using System.Collections.Immutable;
using NodeAgent.Security;

namespace NodeAgent.Configuration;

/// <summary>Reads policy.conf. The packaged file is built in, and so the default and its documentation are one.</summary>
internal static class PolicyFile
{
    private const string RolePrefix = "role ", LocalSection = "local", BuiltInSource = "built-in policy";

    /// <summary>The policy where there is no file.</summary>
    public static AccessPolicy BuiltIn { get; } = ReadBuiltIn();

    /// <summary>Reads a file; the built-in policy where there is none. What is wrong with it is added to <paramref name="problems"/>.</summary>
    public static AccessPolicy Read(string path, List<ConfigProblem> problems) =>
        File.Exists(path) ? Interpret(path, IniFile.Read(path, problems), problems) : BuiltIn;

    /// <summary>Reads the text of a file.</summary>
    public static AccessPolicy Parse(string source, string text, List<ConfigProblem> problems) =>
        Interpret(source, IniFile.Parse(source, text, problems), problems);

    private static AccessPolicy Interpret(string source, IReadOnlyList<ConfigEntry> entries, List<ConfigProblem> problems)
    {
        var drafts = new Dictionary<string, RoleDraft>(StringComparer.Ordinal);
        var local = ImmutableArray.CreateBuilder<LocalRule>();
        var names = new UserNames();
        foreach (var entry in entries)
        {
            try
            {
                if (entry.Section == LocalSection)
                {
                    local.Add(LocalRuleOf(entry, names));
                }
                else if (entry.Section.StartsWith(RolePrefix, StringComparison.Ordinal))
                {
                    var role = entry.Section[RolePrefix.Length..].Trim();
                    drafts[role] = (drafts.GetValueOrDefault(role) ?? new RoleDraft(CheckedName(role))).With(entry);
                }
                else
                {
                    problems.Add(entry.Problem($"There is no section [{entry.Section}].", "The sections are [role NAME] and [local]."));
                }
            }
            catch (FormatException error)
            {
                problems.Add(entry.Problem(error.Message, ""));
            }
        }

        foreach (var (missing, by) in drafts.Values.SelectMany(draft => draft.Includes.Where(role => !drafts.ContainsKey(role)), (draft, role) => (role, draft.Name))
            .Concat(local.SelectMany(rule => rule.Roles).Where(role => !drafts.ContainsKey(role)).Select(role => (role, LocalSection))))
        {
            problems.Add(new ConfigProblem(source, null, by, $"There is no role '{missing}'.", $"Write a section [role {missing}], or correct the name."));
        }

        return new AccessPolicy(
            drafts.Values.ToFrozenDictionary(draft => draft.Name, draft => new RoleRights(draft.AllMethods(drafts), draft.VmLabels), StringComparer.Ordinal),
            local.ToImmutable())
        {
            Text = string.Join('\n', entries.Select(entry => $"{entry.Section}\t{entry.Written}\t{entry.Value}")),
        };
    }

    private static LocalRule LocalRuleOf(ConfigEntry entry, UserNames names)
    {
        var roles = ValueText.List(entry.Value, CheckedName);
        switch (entry.Written.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            case ["others"]:
                return new LocalRule(null, null, roles);
            case ["user", var user]:
                return new LocalRule(
                    names.FindUser(user) ?? throw new FormatException($"There is no user '{user}' in /etc/passwd; write its number, or remove the line."), null, roles);
            case ["group", var group]:
                return new LocalRule(
                    null, names.FindGroup(group) ?? throw new FormatException($"There is no group '{group}' in /etc/group; write its number, or remove the line."), roles);
            default:
                throw new FormatException("This names nobody. Write 'user NAME', 'group NAME' or 'others'.");
        }
    }

    private static string CheckedName(string role) =>
        role.Length is > 0 and <= 32 && role.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_')
            ? role != HolderName.NodeRole ? role : throw new FormatException("The role 'node' is an agent's, and has no rights on other nodes; choose another name.")
            : throw new FormatException($"'{role}' is not a name for a role. Write up to 32 of a-z, 0-9, '-' and '_'.");

    private static AccessPolicy ReadBuiltIn()
    {
        using var stream = typeof(PolicyFile).Assembly.GetManifestResourceStream("policy.conf")!;
        using var reader = new StreamReader(stream);
        var problems = new List<ConfigProblem>();
        var policy = Parse(BuiltInSource, reader.ReadToEnd(), problems);
        return problems.Count == 0 ? policy : throw new InvalidOperationException(string.Join(Environment.NewLine, problems.Select(problem => problem.ToString())));
    }

    private sealed record RoleDraft(string Name)
    {
        public ImmutableHashSet<string> Methods { get; init; } = [];

        public ImmutableArray<string> Includes { get; init; } = [];

        public ImmutableDictionary<string, string> VmLabels { get; init; } = ImmutableDictionary<string, string>.Empty;

        public RoleDraft With(ConfigEntry entry) => entry.Name switch
        {
            "methods" => this with { Methods = [.. ValueText.List(entry.Value, pattern => pattern).SelectMany(MethodsOf)] },
            "includes" => this with { Includes = ValueText.List(entry.Value, CheckedName) },
            "vm_labels" => this with { VmLabels = Labels(entry.Value) },
            _ => throw new FormatException("There is no such key for a role. The keys are methods, includes and vm_labels."),
        };

        public FrozenSet<string> AllMethods(Dictionary<string, RoleDraft> all)
        {
            // A set of what was visited, so that roles which include each other end as well.
            var (methods, visited, open) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), new Stack<RoleDraft>([this]));
            while (open.TryPop(out var role))
            {
                if (visited.Add(role.Name))
                {
                    methods.UnionWith(role.Methods);
                    foreach (var included in role.Includes.Where(all.ContainsKey))
                    {
                        open.Push(all[included]);
                    }
                }
            }

            return methods.ToFrozenSet(StringComparer.Ordinal);
        }

        private static IEnumerable<string> MethodsOf(string pattern)
        {
            var found = ApiMethods.Matching(pattern).ToList();
            return found.Count > 0 ? found : throw new FormatException($"'{pattern}' names no method. Write SERVICE/METHOD, SERVICE/* or *, with the names of the contract (proto/nodeagent/v1).");
        }

        private static ImmutableDictionary<string, string> Labels(string value)
        {
            var labels = ImmutableDictionary.CreateBuilder<string, string>();
            foreach (var (key, wanted) in ValueText.List(value, label => label).Select(Label))
            {
                if (!labels.TryAdd(key, wanted))
                {
                    throw new FormatException($"The label '{key}' is given twice, and a VM must carry all of them. Give each label once; for either of two values write a second role.");
                }
            }

            return labels.ToImmutable();
        }

        private static KeyValuePair<string, string> Label(string text) => text.Split('=', 2) is [{ Length: > 0 } key, var value]
            ? KeyValuePair.Create(key.Trim(), value.Trim())
            : throw new FormatException($"'{text}' is not a label. Write KEY=VALUE.");
    }
}
