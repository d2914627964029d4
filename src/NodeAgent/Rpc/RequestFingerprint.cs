using System.Text;
using Google.Protobuf;

namespace NodeAgent.Rpc;

/// <summary>
/// Stands for a request's content, so that a request id that comes again with another request is found out. Maps
/// have no order on the wire; the parsed message is written again with their keys in order.
/// </summary>
internal static class RequestFingerprint
{
    private const int MaxIdLength = 128;

    /// <summary>The fingerprint of a request, its id apart.</summary>
    public static string Of(string method, IMessage request)
    {
        var copy = request.Descriptor.Parser.ParseFrom(request.ToByteArray());
        copy.Descriptor.FindFieldByName("request_id")?.Accessor.Clear(copy);
        return new Fnv128().Add(Encoding.UTF8.GetBytes(method)).Add(Bytes(copy)).ToString();
    }

    /// <summary>Refuses an id that is too long or can't be put on record.</summary>
    /// <exception cref="RpcRefusal">It is.</exception>
    public static void CheckId(string id)
    {
        if (id.Length > MaxIdLength || id.Any(char.IsControl))
        {
            throw RpcRefusal.Field("request_id", $"At most {MaxIdLength} characters, none of them a control character. A UUID is best.");
        }
    }

    private static byte[] Bytes(IMessage message)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true) { Deterministic = true })
        {
            message.WriteTo(output);
        }

        return buffer.ToArray();
    }
}
