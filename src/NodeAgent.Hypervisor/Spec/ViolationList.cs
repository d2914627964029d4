using System.Collections.Immutable;

namespace NodeAgent.Hypervisor.Spec;

/// <summary>Collects what is wrong, so that the caller hears of everything at once.</summary>
internal sealed class ViolationList
{
    // A spec can be wrong in as many places as it has entries; an error that is larger than the spec helps nobody.
    private const int Most = 100;

    private readonly ImmutableArray<FieldViolation>.Builder _violations = ImmutableArray.CreateBuilder<FieldViolation>();

    public void Add(string field, string description)
    {
        if (_violations.Count < Most)
        {
            _violations.Add(new FieldViolation(field, description));
        }
    }

    public void Unless(bool right, string field, string description)
    {
        if (!right)
        {
            Add(field, description);
        }
    }

    public ImmutableArray<FieldViolation> ToImmutable() => _violations.ToImmutable();
}
