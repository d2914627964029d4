using System.Collections;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// Around everything that is done for one VM: what is logged inside carries its id and its name of the moment, also
/// where whoever logs (a QMP connection, say) knows of no VM.
/// </summary>
internal sealed class VmLogScope(Guid id, Func<string> name) : IReadOnlyList<KeyValuePair<string, object?>>
{
    private const string Id = "VmId", Name = "VmName";

    public int Count => 2;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new(Id, id),
        1 => new(Name, name()),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        yield return this[0];
        yield return this[1];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
