using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NodeAgent.Hypervisor.Devices;

/// <summary>
/// QEMU's two ways to write an option, each with the escape that keeps a value in its place: text from outside goes
/// through one of them, always.
/// </summary>
internal static class OptionText
{
    // What is escaped is what JSON demands. The list is read by QEMU and by people, never by a browser.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A value of <c>key=value,key=value</c>: a comma is written twice.</summary>
    public static string Value(string value) => value.Replace(",", ",,", StringComparison.Ordinal);

    /// <summary>An option in JSON.</summary>
    public static string Json(JsonObject value)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Options))
        {
            value.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
