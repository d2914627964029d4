namespace NodeAgent.Cli.Output;

/// <summary>In which form a command prints resources.</summary>
internal enum OutputFormat
{
    /// <summary>A table for people.</summary>
    Table,

    /// <summary>A table with more columns.</summary>
    Wide,

    /// <summary>The JSON mapping of protobuf.</summary>
    Json,

    /// <summary>The form that <c>-f FILE</c> reads.</summary>
    Yaml,

    /// <summary>Names only, one a line.</summary>
    Name,
}
