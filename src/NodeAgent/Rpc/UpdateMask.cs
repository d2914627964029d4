using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace NodeAgent.Rpc;

/// <summary>
/// Applies an update mask (AIP-134): what it names is taken from the request, an unset field included, which then
/// means the default. The library's own merge can't unset an optional field.
/// </summary>
internal static class UpdateMask
{
    private static readonly string[] WhenEmpty = ["labels", "spec"];
    private static readonly string[] WhenStar = ["name", "labels", "spec"];

    /// <summary>The VM that <paramref name="current"/> becomes.</summary>
    /// <exception cref="Hypervisor.Vms.VmException">The mask names what is not there or can't be changed.</exception>
    public static V1.Vm Apply(V1.Vm current, V1.Vm request, FieldMask? mask)
    {
        var paths = mask is not { Paths.Count: > 0 } ? WhenEmpty
            : mask.Paths is ["*"] ? WhenStar
            : [.. mask.Paths];
        var result = current.Clone();
        for (var i = 0; i < paths.Length; i++)
        {
            var steps = paths[i].Split('.');
            if (steps[0] is not ("name" or "labels" or "spec") || !Copy(request, result, steps))
            {
                throw Violations.Single($"update_mask.paths[{i}]", $"'{paths[i]}' is not a field that can be changed. Name name, labels, spec, or a field under spec.");
            }
        }

        return result;
    }

    private static bool Copy(IMessage from, IMessage to, ReadOnlySpan<string> steps)
    {
        var field = to.Descriptor.FindFieldByName(steps[0]);
        if (field is null)
        {
            return false;
        }

        if (steps.Length == 1)
        {
            Replace(field, from, to);
            return true;
        }

        if (field.FieldType is not FieldType.Message || field.IsRepeated || field.IsMap)
        {
            return false;
        }

        var source = (IMessage?)field.Accessor.GetValue(from) ?? field.MessageType.Parser.ParseFrom(ByteString.Empty);
        var target = (IMessage?)field.Accessor.GetValue(to);
        var isNew = target is null;
        target ??= field.MessageType.Parser.ParseFrom(ByteString.Empty);
        if (!Copy(source, target, steps[1..]))
        {
            return false;
        }

        if (isNew)
        {
            field.Accessor.SetValue(to, target);
        }

        return true;
    }

    private static void Replace(FieldDescriptor field, IMessage from, IMessage to)
    {
        if (field.IsMap)
        {
            var target = (IDictionary)field.Accessor.GetValue(to);
            target.Clear();
            foreach (DictionaryEntry entry in (IDictionary)field.Accessor.GetValue(from))
            {
                target.Add(entry.Key, entry.Value);
            }
        }
        else if (field.IsRepeated)
        {
            var target = (IList)field.Accessor.GetValue(to);
            target.Clear();
            foreach (var item in (IList)field.Accessor.GetValue(from))
            {
                target.Add(item);
            }
        }
        else if (field.HasPresence && !field.Accessor.HasValue(from))
        {
            field.Accessor.Clear(to);
        }
        else
        {
            field.Accessor.SetValue(to, field.Accessor.GetValue(from));
        }
    }
}
