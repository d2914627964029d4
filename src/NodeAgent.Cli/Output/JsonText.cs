using Google.Protobuf;

namespace NodeAgent.Cli.Output;

/// <summary>
/// The JSON mapping of protobuf. Fields at their default are printed too, so that a script finds <c>"vms": []</c> and
/// <c>"pid": 0</c> rather than nothing; messages that are not set are left out.
/// </summary>
internal static class JsonText
{
    private static readonly JsonFormatter.Settings Settings =
        JsonFormatter.Settings.Default.WithFormatDefaultValues(true).WithTypeRegistry(KnownTypes.Registry);

    private static readonly JsonFormatter Compact = new(Settings);
    private static readonly JsonFormatter Indented = new(Settings.WithIndentation("  "));

    /// <summary>Writes a message over several lines.</summary>
    public static string Pretty(IMessage message) => Indented.Format(message);

    /// <summary>Writes a message on one line, for streams of them.</summary>
    public static string Line(IMessage message) => Compact.Format(message);
}
