namespace NodeAgent.Configuration;

/// <summary>Something wrong with the configuration, and where.</summary>
/// <param name="Source">The file, "environment" or "command line".</param>
/// <param name="Line">The line in the file, from 1; <c>null</c> where there are no lines.</param>
/// <param name="Key">The key as written in that source; empty where the line has none.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Remedy">What to write instead.</param>
internal sealed record ConfigProblem(string Source, int? Line, string Key, string Message, string Remedy)
{
    /// <summary>One line for people: place, key, cause, remedy.</summary>
    public override string ToString()
    {
        var place = Line is null ? Source : $"{Source}:{Line}";
        return Key.Length == 0 ? $"{place}: {Message} {Remedy}" : $"{place}: {Key}: {Message} {Remedy}";
    }
}
