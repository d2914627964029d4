using Grpc.Core;
using ReferenceManager.Admin.V1;
using ReferenceManager.Sessions;

namespace ReferenceManager.Admin;

/// <summary>The admin API: each method one line, because what it means is elsewhere.</summary>
internal sealed class AdminEndpoint(FleetReport report, NodeBook nodes, Admissions admissions, Certificates certificates, VmDesk vms)
    : AdminService.AdminServiceBase
{
    public override Task<ManagerStatus> GetStatus(GetStatusRequest request, ServerCallContext context) => Task.FromResult(report.Status());

    public override Task<CreateTokenResponse> CreateToken(CreateTokenRequest request, ServerCallContext context) => admissions.CreateTokenAsync(request);

    public override Task<ListPendingResponse> ListPending(ListPendingRequest request, ServerCallContext context) => Task.FromResult(admissions.ListPending());

    public override Task<PendingEnrolment> DecideEnrolment(DecideEnrolmentRequest request, ServerCallContext context) => admissions.DecideAsync(request);

    public override Task<AnnounceEndpointsResponse> AnnounceEndpoints(AnnounceEndpointsRequest request, ServerCallContext context) =>
        Task.FromResult(new AnnounceEndpointsResponse { Nodes = nodes.Announce(request.Endpoints, request.MoveTime) });

    public override Task<ListNodesResponse> ListNodes(ListNodesRequest request, ServerCallContext context) => Task.FromResult(report.ListNodes());

    public override Task<ListVmsResponse> ListVms(ListVmsRequest request, ServerCallContext context) => Task.FromResult(report.ListVms(request.Node));

    public override Task WatchEvents(WatchEventsRequest request, IServerStreamWriter<NodeEvent> responseStream, ServerCallContext context) =>
        report.WatchEventsAsync(request.Node, request.Follow, item => responseStream.WriteAsync(item), context.CancellationToken);

    public override Task<VmResult> CreateVm(CreateVmRequest request, ServerCallContext context) => vms.CreateAsync(request, context.CancellationToken);

    public override Task<VmResult> RunVm(RunVmRequest request, ServerCallContext context) => vms.RunAsync(request, context.CancellationToken);

    public override Task<IssueCertificateResponse> IssueCertificate(IssueCertificateRequest request, ServerCallContext context) => certificates.IssueAsync(request);

    public override Task<RevokeResponse> Revoke(RevokeRequest request, ServerCallContext context) => certificates.RevokeAsync(request);

    public override Task<RotationStatus> RotateAuthority(RotateAuthorityRequest request, ServerCallContext context) => certificates.RotateAsync(request);
}
