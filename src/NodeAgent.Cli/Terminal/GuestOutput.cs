namespace NodeAgent.Cli.Terminal;

/// <summary>
/// Passes a guest's kept output on to a terminal and takes out what could do harm there: of the escape sequences only
/// colours and text weight ("ESC [ … m") get through, other control characters than line ends, tabs and backspace do not.
/// </summary>
/// <remarks>A state machine over bytes, because a sequence may be cut between two blocks.</remarks>
internal sealed class GuestOutput
{
    private const byte Escape = 0x1b;
    private const int LongestSequence = 32;

    private readonly List<byte> _sequence = new(LongestSequence);

    /// <summary>Returns what of a block may be shown.</summary>
    public byte[] Filter(ReadOnlySpan<byte> block)
    {
        var shown = new List<byte>(block.Length);
        foreach (var b in block)
        {
            if (_sequence.Count > 0)
            {
                Continue(b, shown);
            }
            else if (b == Escape)
            {
                _sequence.Add(b);
            }
            else if (b is (byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)'\b' || b is >= 0x20 and not 0x7f)
            {
                shown.Add(b);
            }
        }

        return [.. shown];
    }

    private void Continue(byte b, List<byte> shown)
    {
        _sequence.Add(b);
        if (_sequence.Count == 2)
        {
            // Only "ESC [" begins a sequence of interest; what follows another introducer is ordinary text.
            if (b != (byte)'[')
            {
                _sequence.Clear();
            }

            return;
        }

        var parameter = b is >= (byte)'0' and <= (byte)'?' or >= (byte)' ' and <= (byte)'/';
        if (parameter && _sequence.Count < LongestSequence)
        {
            return;
        }

        if (b == (byte)'m')
        {
            shown.AddRange(_sequence);
        }

        _sequence.Clear();
    }
}
