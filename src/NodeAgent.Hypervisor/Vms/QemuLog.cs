using System.Text;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>What QEMU wrote to its standard error: its last words, and a limit that keeps them from filling the disk.</summary>
internal static class QemuLog
{
    private const int LastWordsBytes = 4096;
    private const long Limit = 1024 * 1024;

    /// <summary>The last lines, made fit for people and logs: control characters are replaced.</summary>
    public static string LastWords(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var length = RandomAccess.GetLength(file);
            var buffer = new byte[Math.Min(length, LastWordsBytes)];
            var read = RandomAccess.Read(file, buffer, length - buffer.Length);
            var text = Encoding.UTF8.GetString(buffer, 0, read);
            return string.Concat(text.Select(c => char.IsControl(c) && c != '\n' ? '\ufffd' : c)).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Empties a log that has outgrown its limit; QEMU appends, so it goes on at the beginning.</summary>
    public static void Trim(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > Limit })
            {
                using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                RandomAccess.SetLength(file, 0);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Tried again with the next sample.
        }
    }
}
