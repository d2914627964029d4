using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Output;
using NodeAgent.V1;

namespace NodeAgent.Cli.Nodes;

/// <summary><c>node join</c>, <c>node leave</c>, <c>node membership</c></summary>
internal static class NodeFleet
{
    private static readonly TimeSpan JoinPatience = TimeSpan.FromMinutes(1), Pause = TimeSpan.FromSeconds(1);

    /// <summary>node join</summary>
    public static void DescribeJoin(Command command, Shell shell)
    {
        var token = new Argument<string>("token") { Description = "The line that the manager printed; '-' reads it from standard input, which keeps it out of the list of processes.", HelpName = "TOKEN" };
        command.Add(token);
        var wait = command.Flag("--no-wait", "Do not wait for a person's consent, where the manager wants one.");
        shell.Examples(command, "nodectl node join nodeagent-join-1.CgNtMTo3NDQzEiA…", "ssh manager fleet token | nodectl node join -");
        shell.Handle(command, async call =>
        {
            var text = call.Get(token) == "-" ? await Console.In.ReadLineAsync(call.Cancellation) ?? "" : call.Get(token);
            var fleet = call.Agent.Fleet;
            var membership = await fleet.JoinFleetAsync(new JoinFleetRequest { Token = text, RequestId = Call.NewRequestId() }, call.Within(JoinPatience));
            if (membership.State == MembershipState.Pending)
            {
                call.Printer.Note($"The manager wants a person's consent. Compare the fingerprint of this node's key: {Grouped(membership.KeyFingerprint)}");
            }

            while (membership.State == MembershipState.Pending && !call.Get(wait))
            {
                await Task.Delay(Pause, call.Time, call.Cancellation);
                membership = await fleet.GetMembershipAsync(new GetMembershipRequest(), call.Unary);
            }

            Print(call, membership);
            return membership.State == MembershipState.None ? ExitCode.Failed : ExitCode.Ok;
        });
    }

    /// <summary>node leave</summary>
    public static void DescribeLeave(Command command, Shell shell)
    {
        shell.Examples(command, "nodectl node leave");
        shell.Handle(command, async call =>
        {
            Print(call, await call.Agent.Fleet.LeaveFleetAsync(new LeaveFleetRequest { RequestId = Call.NewRequestId() }, call.Unary));
            return ExitCode.Ok;
        });
    }

    /// <summary>node membership</summary>
    public static void DescribeMembership(Command command, Shell shell)
    {
        shell.Examples(command, "nodectl node membership", "nodectl node membership -o json | jq .session.connected");
        shell.Handle(command, async call =>
        {
            Print(call, await call.Agent.Fleet.GetMembershipAsync(new GetMembershipRequest(), call.Unary));
            return ExitCode.Ok;
        });
    }

    private static void Print(Call call, Membership membership) => call.Printer.One(membership, "membership", () =>
    {
        switch (membership.State)
        {
            case MembershipState.Joined:
                call.Printer.Line($"The node is in the fleet {membership.FleetId}.");
                call.Printer.Line($"  manager      {string.Join(", ", membership.Endpoints)}");
                call.Printer.Line($"  session      {Session(membership.Session)}");
                call.Printer.Line($"  certificate  until {HumanText.Moment(membership.CertificateNotAfter)}, renewed from {HumanText.Moment(membership.RenewTime)} on");
                call.Printer.Line($"  key          {Grouped(membership.KeyFingerprint)}");
                break;
            case MembershipState.Pending:
                call.Printer.Line($"The node asks to be let into the fleet {membership.FleetId}, and goes on asking by itself.");
                call.Printer.Line($"  manager      {string.Join(", ", membership.Endpoints)}");
                call.Printer.Line($"  key          {Grouped(membership.KeyFingerprint)}");
                break;
            default:
                call.Printer.Line("The node is in no fleet.");
                break;
        }

        if (membership.Problem.Length > 0)
        {
            call.Printer.Line($"  problem      {membership.Problem}");
        }
    });

    private static string Session(ManagerSession? session) => session switch
    {
        { Connected: true } => $"with {session.ManagerId} at {session.Endpoint} since {HumanText.Moment(session.Since)}",
        { Problem.Length: > 0 } => $"none since {HumanText.Moment(session.Since)}: {session.Problem}",
        _ => "none yet",
    };

    // As people compare it.
    private static string Grouped(string fingerprint) => string.Join(' ', fingerprint.Chunk(8).Select(part => new string(part)));
}
