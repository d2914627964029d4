namespace NodeAgent.Cli.Yaml;

/// <summary>A YAML file that cannot be used, with everything that is wrong in it.</summary>
internal sealed class YamlException(IReadOnlyList<YamlError> errors) : Exception(string.Join('\n', errors))
{
    /// <summary>What is wrong, in the order of the file; at least one.</summary>
    public IReadOnlyList<YamlError> Errors { get; } = errors;
}
