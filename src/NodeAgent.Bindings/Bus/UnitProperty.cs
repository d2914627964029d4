namespace NodeAgent.Bindings.Bus;

/// <summary>A property of a transient unit, or one that is changed while it runs; names as in systemd's D-Bus interface.</summary>
/// <param name="Name">For instance <c>MemoryMax</c>.</param>
/// <param name="Value">Of the type that systemd wants for this name.</param>
public sealed record UnitProperty(string Name, UnitValue Value)
{
    internal static void AppendAll(BusWriter writer, IReadOnlyList<UnitProperty> properties)
    {
        writer.Open('a', "(sv)");
        foreach (var property in properties)
        {
            writer.Open('r', "sv");
            writer.Text(property.Name);
            writer.Open('v', property.Value.Signature);
            property.Value.Append(writer);
            writer.Close();
            writer.Close();
        }

        writer.Close();
    }
}
