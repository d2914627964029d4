namespace NodeAgent.Logging;

/// <summary>Puts together what a message says of itself and what the scopes around it say.</summary>
internal static class LogFields
{
    // The framework's name for the text that the message was made from.
    private const string Template = "{OriginalFormat}";

    /// <summary>All fields that have a value, each name once: the message counts more than a scope, an inner scope more than an outer one.</summary>
    public static List<KeyValuePair<string, object?>> Of(object? state, IExternalScopeProvider scopes)
    {
        var fields = new List<KeyValuePair<string, object?>>();
        scopes.ForEachScope(static (scope, all) => Add(scope, all), fields);
        fields.Reverse();
        var own = new List<KeyValuePair<string, object?>>();
        Add(state, own);
        foreach (var field in fields)
        {
            if (!own.Exists(known => known.Key == field.Key))
            {
                own.Add(field);
            }
        }

        return own;
    }

    private static void Add(object? source, List<KeyValuePair<string, object?>> fields)
    {
        if (source is IReadOnlyList<KeyValuePair<string, object?>> given)
        {
            for (var i = 0; i < given.Count; i++)
            {
                if (given[i] is { Value: not (null or "") } field && field.Key != Template)
                {
                    fields.Add(field);
                }
            }
        }
    }
}
