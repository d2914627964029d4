using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using ReferenceManager.Admin.V1;

namespace ReferenceManager.Commands;

/// <summary><c>token</c>, <c>pending</c>, <c>approve</c>, <c>reject</c>: letting nodes in.</summary>
internal static class AdmissionCommands
{
    public static Command Token(Func<Command, Func<Call, Task>, Command> asking)
    {
        var ttl = new Option<string>("--ttl") { Description = "How long it is good.", DefaultValueFactory = _ => "1h" };
        var byHand = new Option<bool>("--by-hand") { Description = "Without a secret: it lets nobody in. The node asks, and waits for `approve`." };
        return asking(new Command("token", "Make a join token, which lets one node in.") { ttl, byHand }, async call =>
        {
            var validity = Duration.FromTimeSpan(Span.Parse(call.Said.GetValue(ttl)!));
            var token = await call.Api.CreateTokenAsync(new CreateTokenRequest { Ttl = validity, ByHand = call.Said.GetValue(byHand) }, cancellationToken: call.Cancellation);
            call.Write(token, to => to.WriteLine(token.Text));
        });
    }

    public static Command Pending(Func<Command, Func<Call, Task>, Command> asking) =>
        asking(new Command("pending", "List the enrolments that wait for a person."), async call =>
        {
            var list = await call.Api.ListPendingAsync(new ListPendingRequest(), cancellationToken: call.Cancellation);
            call.Write(list, to => Call.Table(to, ["HOSTNAME", "NODE", "FINGERPRINT", "ASKED", "WHY"], list.Enrolments.Select(Row)));
        });

    public static Command Approve(Func<Command, Func<Call, Task>, Command> asking) =>
        Decide(asking, "approve", "Let a pending node in. Compare the fingerprint with the one that the node shows.", isApproved: true);

    public static Command Reject(Func<Command, Func<Call, Task>, Command> asking) =>
        Decide(asking, "reject", "Refuse a pending node for good.", isApproved: false);

    private static Command Decide(Func<Command, Func<Call, Task>, Command> asking, string verb, string what, bool isApproved)
    {
        var id = new Argument<string>("ID") { Description = "The node's id, or the fingerprint or its first 16 digits." };
        return asking(new Command(verb, what) { id }, async call =>
        {
            var decided = await call.Api.DecideEnrolmentAsync(
                new DecideEnrolmentRequest { Id = call.Said.GetValue(id), Approve = isApproved }, cancellationToken: call.Cancellation);
            call.Write(decided, to => to.WriteLine($"{decided.Hostname} ({decided.NodeId}): {decided.State}"));
        });
    }

    private static string[] Row(PendingEnrolment row) =>
        [row.Hostname, row.NodeId, row.KeyFingerprint, $"{row.AskTime.ToDateTimeOffset():u}", row.Why];
}
