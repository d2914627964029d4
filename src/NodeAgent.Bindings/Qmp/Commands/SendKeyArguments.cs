namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>send-key</c>: keys pressed together, then released.</summary>
/// <param name="Keys">The keys, in the order in which they go down.</param>
/// <param name="HoldTime">How long they are held, in milliseconds; 100 when null.</param>
public sealed record SendKeyArguments(IReadOnlyList<KeyValue> Keys, int? HoldTime = null);

/// <summary>A key (QAPI <c>KeyValue</c>) by its symbolic code.</summary>
/// <param name="Data">A QAPI <c>QKeyCode</c>, such as <c>ctrl</c>, <c>alt</c>, <c>delete</c> or <c>f1</c>.</param>
public sealed record KeyValue(string Data)
{
    /// <summary>The kind of value: always a symbolic code.</summary>
    public string Type { get; } = "qcode";
}
