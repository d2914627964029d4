using Grpc.Core;
using NodeAgent.V1;
using ReferenceManager.Admin.V1;
using ReferenceManager.Control;
using ReferenceManager.Sessions;

namespace ReferenceManager.Admin;

/// <summary>What is asked of VMs, passed on to the API of their node.</summary>
internal sealed class VmDesk(NodeBook nodes, NodeDialer dialer, TimeProvider time)
{
    private static readonly TimeSpan s_usualTimeout = TimeSpan.FromMinutes(1);

    public Task<VmResult> CreateAsync(V1.CreateVmRequest request, CancellationToken cancellation) =>
        DriveAsync(request.Node, request.Via, s_usualTimeout, async driver => await driver.CreateAsync(request.Vm), cancellation);

    public Task<VmResult> RunAsync(RunVmRequest request, CancellationToken cancellation) => DriveAsync(
        request.Node, request.Via, request.Timeout?.ToTimeSpan() ?? s_usualTimeout, driver => RunAsync(driver, request), cancellation);

    private static async Task<Vm?> RunAsync(VmDriver driver, RunVmRequest request)
    {
        switch (request.Verb)
        {
            case VmVerb.Get:
                return await driver.GetAsync(request.Vm);
            case VmVerb.Start:
                return await driver.StartAsync(request.Vm);
            case VmVerb.Shutdown:
                return await driver.ShutdownAsync(request.Vm);
            case VmVerb.Stop:
                return await driver.StopAsync(request.Vm, request.Force);
            case VmVerb.Delete:
                await driver.DeleteAsync(request.Vm);
                return null;
            default:
                throw new RpcException(new Status(StatusCode.InvalidArgument, "verb: must be said"));
        }
    }

    private async Task<VmResult> DriveAsync(string node, Via via, TimeSpan timeout, Func<VmDriver, Task<Vm?>> drive, CancellationToken cancellation)
    {
        var id = nodes.Get(node).Id;
        try
        {
            using var connection = via switch
            {
                Via.Direct => await dialer.DialAsync(id, cancellation),
                Via.Tunnel => dialer.Tunnel(id),
                _ => await dialer.ConnectAsync(id, cancellation),
            };
            var vm = await drive(new VmDriver(connection, timeout, time, cancellation));
            return new VmResult { Vm = vm, Via = connection.IsTunnel ? Via.Tunnel : Via.Direct };
        }
        catch (DialException error)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, error.Message));
        }
    }
}
