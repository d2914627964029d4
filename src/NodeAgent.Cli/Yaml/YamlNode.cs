namespace NodeAgent.Cli.Yaml;

/// <summary>A piece of a YAML document, with the place where it stands.</summary>
/// <param name="Line">Line in the file, from 1.</param>
internal abstract record YamlNode(int Line);

/// <summary>A single value.</summary>
/// <param name="Value">The text, without quotes.</param>
/// <param name="Plain">True when it stood without quotes, so that <c>null</c> and <c>~</c> mean nothing rather than text.</param>
/// <param name="Line">Line in the file, from 1.</param>
internal sealed record YamlScalar(string Value, bool Plain, int Line) : YamlNode(Line)
{
    /// <summary>Whether nothing was said.</summary>
    public bool IsNull => Plain && Value is "" or "~" or "null" or "Null" or "NULL";
}

/// <summary>Values in order.</summary>
internal sealed record YamlList(IReadOnlyList<YamlNode> Items, int Line) : YamlNode(Line);

/// <summary>Values by key, in the order of the file; no key stands twice.</summary>
internal sealed record YamlMap(IReadOnlyList<YamlEntry> Entries, int Line) : YamlNode(Line);

/// <summary>A key with its value.</summary>
internal sealed record YamlEntry(string Key, YamlNode Value, int Line);
