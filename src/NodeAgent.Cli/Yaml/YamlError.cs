namespace NodeAgent.Cli.Yaml;

/// <summary>Something wrong in a YAML file.</summary>
/// <param name="File">The file as the user named it.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Path">The field, for instance <c>spec.disks[0].format</c>; empty where no field is concerned.</param>
/// <param name="Message">What is wrong and, where it can be guessed, what was meant.</param>
internal sealed record YamlError(string File, int Line, string Path, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Path.Length == 0 ? $"{File}:{Line}: {Message}" : $"{File}:{Line}: {Path}: {Message}";
}
