using System.Text;

namespace NodeAgent.Bindings.Bus;

/// <summary>Which signals a subscription is for. Only those of the present owner of the sender's name count.</summary>
internal sealed record BusMatch(string Sender, string Interface, string Member)
{
    /// <summary>The object the signal comes from; <c>null</c> for any.</summary>
    public string? Path { get; init; }

    /// <summary>The object or one below it; <c>null</c> for any.</summary>
    public string? PathNamespace { get; init; }

    /// <summary>The first argument; <c>null</c> for any. The bus compares it, we do not.</summary>
    public string? Argument { get; init; }

    /// <summary>The rule as the bus wants it (D-Bus specification, Match Rules).</summary>
    public string Rule
    {
        get
        {
            var rule = new StringBuilder($"type='signal',sender='{Sender}',interface='{Interface}',member='{Member}'");
            Add("path", Path);
            Add("path_namespace", PathNamespace);
            Add("arg0", Argument);
            return rule.ToString();

            void Add(string key, string? value)
            {
                if (value is not null)
                {
                    rule.Append(',').Append(key).Append("='").Append(value).Append('\'');
                }
            }
        }
    }

    public bool IsFor(BusSignal signal) =>
        signal.Member == Member && signal.Interface == Interface
        && (Path is null || signal.Path == Path)
        && (PathNamespace is null || signal.Path == PathNamespace
            || (signal.Path.StartsWith(PathNamespace, StringComparison.Ordinal) && signal.Path[PathNamespace.Length] == '/'));
}
