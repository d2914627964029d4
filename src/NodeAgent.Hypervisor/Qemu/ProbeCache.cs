using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// Keeps a binary's answers between starts of the agent: one file a binary, a checksum and then JSON. A file that is
/// missing, damaged, from another format or about something else is no answer, and nothing worse.
/// </summary>
internal sealed class ProbeCache(string directory, ILogger logger)
{
    private const int MaxBytes = 8 * 1024 * 1024;

    public QemuCapabilities? Find(ProbeCacheKey key)
    {
        var path = PathFor(key.Binary);
        try
        {
            if (new FileInfo(path) is not { Exists: true, Length: <= MaxBytes })
            {
                return null;
            }

            var bytes = File.ReadAllBytes(path);
            var line = Array.IndexOf(bytes, (byte)'\n');
            if (line < 0 || Encoding.ASCII.GetString(bytes, 0, line) != Checksum(bytes.AsSpan(line + 1)))
            {
                QemuProbeLog.CacheIgnored(logger, path, "its checksum is wrong");
                return null;
            }

            var entry = JsonSerializer.Deserialize(bytes.AsSpan(line + 1), ProbeCacheJson.Default.ProbeCacheEntry);
            return entry?.Key == key ? entry.Capabilities : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            QemuProbeLog.CacheIgnored(logger, path, error.Message);
            return null;
        }
    }

    public void Keep(ProbeCacheKey key, QemuCapabilities capabilities)
    {
        var path = PathFor(key.Binary);
        var temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(directory);
            var json = JsonSerializer.SerializeToUtf8Bytes(new ProbeCacheEntry(key, capabilities), ProbeCacheJson.Default.ProbeCacheEntry);
            File.WriteAllBytes(temporary, [.. Encoding.ASCII.GetBytes(Checksum(json)), (byte)'\n', .. json]);

            // Whole or not at all. After a power cut it may be empty, which the checksum finds.
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            QemuProbeLog.CacheNotKept(logger, path, error.Message);
            TryDelete(temporary);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The same trouble that brought us here, and it was reported.
        }
    }

    // CRC-32C finds what a disk or a power cut does to the file, which is all that is asked of it. A cryptographic hash
    // would load the TLS library into every agent at its start: 4 MiB and some milliseconds.
    private static string Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return (~crc).ToString("x8", CultureInfo.InvariantCulture);
    }

    private string PathFor(string binary) =>
        Path.Combine(directory, $"qemu-{Checksum(Encoding.UTF8.GetBytes(binary))}.json");
}

/// <summary>What is kept.</summary>
internal sealed record ProbeCacheEntry(ProbeCacheKey Key, QemuCapabilities Capabilities);

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ProbeCacheEntry))]
internal sealed partial class ProbeCacheJson : JsonSerializerContext;
