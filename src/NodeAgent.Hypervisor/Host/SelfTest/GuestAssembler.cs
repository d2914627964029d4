using System.Text;

namespace NodeAgent.Hypervisor.Host.SelfTest;

/// <summary>
/// Puts a guest's machine code together line by line, each line with its source in Intel syntax, and resolves short
/// jumps. The source lines form a listing that any assembler accepts, so that the bytes can be checked by another.
/// </summary>
internal sealed class GuestAssembler
{
    private readonly List<byte> _code = [];
    private readonly StringBuilder _listing = new();
    private readonly List<(int At, string Source)> _lines = [];
    private readonly Dictionary<string, int> _labels = [];
    private readonly List<(int At, string Label)> _jumps = [];

    /// <summary>The source, a line per instruction or label.</summary>
    public string Listing => _listing.ToString();

    /// <summary>Names the place of the next instruction.</summary>
    public void Label(string name)
    {
        _labels.Add(name, _code.Count);
        _listing.Append(name).Append(":\n");
    }

    /// <summary>Adds an instruction.</summary>
    public void Op(string source, params ReadOnlySpan<byte> code)
    {
        _lines.Add((_code.Count, source));
        _code.AddRange(code);
        _listing.Append("    ").Append(source).Append('\n');
    }

    /// <summary>Adds a jump of two bytes: the operation and the distance to <paramref name="label"/>.</summary>
    public void Jump(string mnemonic, byte operation, string label)
    {
        Op($"{mnemonic} {label}", operation, 0);
        _jumps.Add((_code.Count, label));
    }

    /// <summary>The instruction at an offset into the code, or nothing where none begins.</summary>
    public string? SourceAt(long offset) => _lines.Find(line => line.At == offset).Source;

    /// <summary>The machine code.</summary>
    /// <exception cref="OverflowException">A jump is longer than its byte can say.</exception>
    public byte[] Assemble()
    {
        foreach (var (at, label) in _jumps)
        {
            // The distance counts from the end of the jump.
            _code[at - 1] = (byte)checked((sbyte)(_labels[label] - at));
        }

        return [.. _code];
    }
}
