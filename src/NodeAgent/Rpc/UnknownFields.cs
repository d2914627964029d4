using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace NodeAgent.Rpc;

/// <summary>
/// Finds fields that this agent's contract does not have. The library keeps them without a way to ask; a message
/// that becomes smaller when they are discarded has some.
/// </summary>
internal static class UnknownFields
{
    /// <summary>The path of the message that holds some, "" for the message itself; <c>null</c> when there are none.</summary>
    public static string? FindPath(IMessage message)
    {
        if (!HasAny(message))
        {
            return null;
        }

        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => field.FieldType is FieldType.Message && !field.IsMap))
        {
            if (field.IsRepeated)
            {
                var index = 0;
                foreach (IMessage item in (IEnumerable)field.Accessor.GetValue(message))
                {
                    if (FindPath(item) is { } path)
                    {
                        return Join($"{field.Name}[{index}]", path);
                    }

                    index++;
                }
            }
            else if (field.Accessor.GetValue(message) is IMessage child && FindPath(child) is { } path)
            {
                return Join(field.Name, path);
            }
        }

        return "";
    }

    private static bool HasAny(IMessage message)
    {
        var known = message.Descriptor.Parser.WithDiscardUnknownFields(true).ParseFrom(message.ToByteArray());
        return known.CalculateSize() != message.CalculateSize();
    }

    private static string Join(string parent, string child) => child.Length == 0 ? parent : $"{parent}.{child}";
}
