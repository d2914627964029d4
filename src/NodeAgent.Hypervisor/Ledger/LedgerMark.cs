using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// A witness beside the ledger: the number of the last transaction that was acknowledged, in a file of its own.
/// </summary>
/// <remarks>
/// SQLite silently drops the end of a log file that does not agree with its checksums, as it must after a power cut; a
/// log file that was truncated, removed or hit by a flipped bit looks just the same, and acknowledged work would vanish
/// without a word. The mark is written after each commit and never synced: what survives is at most the truth, so a
/// ledger that knows fewer transactions than its mark has certainly lost some.
/// </remarks>
internal sealed class LedgerMark : IDisposable
{
    private const int Length = 64;
    private readonly SafeFileHandle _file;
    private readonly byte[] _text = new byte[Length];

    public LedgerMark(string path) =>
        _file = File.OpenHandle(
            path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>What the file says; null when it is missing or unreadable.</summary>
    public static (Guid LedgerId, long Commit)? Read(string path)
    {
        try
        {
            string[] parts = File.ReadAllText(path).Split(' ', 3);
            return parts.Length == 3
                && Guid.TryParseExact(parts[0], "N", out Guid id)
                && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long commit)
                && parts[2].TrimEnd() == Seal(id, commit)
                ? (id, commit)
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Write(Guid ledgerId, long commit)
    {
        // In place and of a fixed width, so that a full disk can still take it. A mark that can't be written is old,
        // which makes it weaker, never wrong.
        string text = string.Create(CultureInfo.InvariantCulture, $"{ledgerId:N} {commit} {Seal(ledgerId, commit)}");
        _text.AsSpan().Fill((byte)' ');
        Encoding.ASCII.GetBytes(text, _text);
        _text[^1] = (byte)'\n';
        try
        {
            RandomAccess.Write(_file, _text, 0);
        }
        catch (IOException)
        {
        }
    }

    public void Dispose() => _file.Dispose();

    private static string Seal(Guid id, long commit) =>
        RowChecksum.Compute("mark", [id.ToString(), commit]).ToString("x8", CultureInfo.InvariantCulture);
}
