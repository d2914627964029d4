namespace NodeAgent.Configuration;

/// <summary>A value that some source gives to a key.</summary>
/// <param name="Section">The section, in lower case.</param>
/// <param name="Name">The key's name, in lower case.</param>
/// <param name="Value">The text as written, without surrounding blanks.</param>
/// <param name="Source">The file, "environment" or "command line".</param>
/// <param name="Line">The line in the file; <c>null</c> where there are none.</param>
/// <param name="Written">The key as it is written in that source, for messages.</param>
internal sealed record ConfigEntry(string Section, string Name, string Value, string Source, int? Line, string Written)
{
    public ConfigProblem Problem(string message, string remedy) => new(Source, Line, Written, message, remedy);
}
