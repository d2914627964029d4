using System.Collections.Immutable;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Rpc;

/// <summary>Collects everything that is wrong with a request, so that the caller hears all of it at once.</summary>
internal sealed class Violations
{
    private readonly List<FieldViolation> _found = [];

    public void Add(string field, string description) => _found.Add(new FieldViolation(field, description));

    /// <summary>For an enum number that this agent does not know; returns what to go on with.</summary>
    public T Unknown<T>(string field, Enum value, T goOnWith)
    {
        Add(field, $"{value:D} is not a value that this agent knows; a newer agent might.");
        return goOnWith;
    }

    /// <summary>A length of time, or what stands for it where the field is unset.</summary>
    public TimeSpan Duration(string field, Google.Protobuf.WellKnownTypes.Duration? value, TimeSpan unset)
    {
        if (value is null)
        {
            return unset;
        }

        try
        {
            var time = value.ToTimeSpan();
            if (time >= TimeSpan.Zero)
            {
                return time;
            }

            Add(field, "A length of time can't be negative.");
        }
        catch (Exception error) when (error is InvalidOperationException or OverflowException or ArgumentOutOfRangeException)
        {
            Add(field, "Not a valid duration: seconds and nanos must have the same sign, and nanos be below one second.");
        }

        return unset;
    }

    /// <summary>Returns if nothing was found.</summary>
    /// <exception cref="VmException">Something was.</exception>
    public void ThrowIfAny()
    {
        if (_found.Count > 0)
        {
            throw Refuse(_found);
        }
    }

    /// <summary>The refusal of a request with one fault.</summary>
    public static VmException Single(string field, string description) => Refuse([new FieldViolation(field, description)]);

    private static VmException Refuse(IReadOnlyList<FieldViolation> found) =>
        new(VmErrorReason.InvalidSpec, string.Join(" ", found.Select(one => $"{one.Field}: {one.Description}")))
        {
            Violations = [.. found],
        };
}
