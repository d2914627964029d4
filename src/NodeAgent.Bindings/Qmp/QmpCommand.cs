using System.Text.Json.Serialization.Metadata;

namespace NodeAgent.Bindings.Qmp;

/// <summary>
/// A QMP command with the types of its arguments and of its result. To add one, declare it beside the others in
/// <c>Commands/</c> and name its types to the JSON source generator there.
/// </summary>
/// <typeparam name="TArguments">Type of the <c>arguments</c> object; <see cref="QmpEmpty"/> when there are none.</typeparam>
/// <typeparam name="TResult">Type of the <c>return</c> member.</typeparam>
public sealed class QmpCommand<TArguments, TResult>
{
    /// <summary>Declares a command.</summary>
    /// <param name="name">The name in QAPI.</param>
    /// <param name="arguments">How to write the arguments; null leaves the member out.</param>
    /// <param name="result">How to read the result.</param>
    public QmpCommand(string name, JsonTypeInfo<TArguments>? arguments, JsonTypeInfo<TResult> result)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(result);
        Name = name;
        Arguments = arguments;
        Result = result;
    }

    /// <summary>The name in QAPI, for instance <c>query-status</c>.</summary>
    public string Name { get; }

    internal JsonTypeInfo<TArguments>? Arguments { get; }

    internal JsonTypeInfo<TResult> Result { get; }
}
