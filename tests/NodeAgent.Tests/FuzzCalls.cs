using Google.Protobuf.Reflection;
using Grpc.Core;

namespace NodeAgent.Tests;

/// <summary>Calls whose requests are bytes, and the status that each got.</summary>
internal static class FuzzCalls
{
    /// <summary>What nobody's bytes may bring about: a defect, or no answer.</summary>
    public static readonly StatusCode[] Defects = [StatusCode.Internal, StatusCode.Unknown, StatusCode.DeadlineExceeded];

    // Who has nothing to say to a stream is given up after the second of these, which is no fault.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), Silence = TimeSpan.FromMilliseconds(30);

    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(static bytes => bytes, static bytes => bytes);

    public static bool IsStream(MethodDescriptor method) => method.IsClientStreaming || method.IsServerStreaming;

    /// <summary>A call with one request and one answer.</summary>
    public static async Task<StatusCode> AskAsync(CallInvoker calls, MethodDescriptor method, byte[] request)
    {
        try
        {
            await calls.AsyncUnaryCall(Wire(method, MethodType.Unary), null, Options(), request);
            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }

    /// <summary>A call in which either side says several things. On the wire all kinds of streams are the same.</summary>
    public static async Task<StatusCode> SpeakAsync(CallInvoker calls, MethodDescriptor method, byte[][] requests)
    {
        using var call = calls.AsyncDuplexStreamingCall(Wire(method, MethodType.DuplexStreaming), null, Options());
        try
        {
            foreach (var request in requests)
            {
                await call.RequestStream.WriteAsync(request);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception enough) when (enough is RpcException or IOException)
        {
            // The other side has had enough; why, its answer says.
        }

        try
        {
            for (var answers = 0; answers < 10 && await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).WaitAsync(Silence); answers++)
            {
            }

            return StatusCode.OK;
        }
        catch (TimeoutException)
        {
            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }

    private static Method<byte[], byte[]> Wire(MethodDescriptor method, MethodType type) => new(type, method.Service.FullName, method.Name, Bytes, Bytes);

    private static CallOptions Options() =>
        new(deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience, cancellationToken: TestContext.Current.CancellationToken);
}
