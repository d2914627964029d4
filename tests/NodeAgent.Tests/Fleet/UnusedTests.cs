using NodeAgent.Manager.V1;
using NodeAgent.Tests.Hosting;
using NodeAgent.Tests.Tls;

namespace NodeAgent.Tests.Fleet;

/// <summary>What a manager gives is kept, and a faulty file of the configuration keeps it from being in force: nobody is told that it were.</summary>
public sealed class UnusedTests : IAsyncLifetime
{
    private readonly TestFleet _fleet = new();
    private readonly TemporaryDirectory _directory = new();
    private ManagerByScript _manager = null!;

    private string RevocationList => Path.Combine(_directory.Path, "revoked");

    public async ValueTask InitializeAsync()
    {
        _manager = await ManagerByScript.StartAsync(_fleet.Manager(), _fleet.Authority);
    }

    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        _fleet.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Trust_that_is_not_in_force_is_not_reported_and_told_until_it_is()
    {
        await using var agent = await StartAsync();
        var session = await _manager.SessionAsync();
        var trust = _manager.Trust.Clone();
        trust.Version = 2;
        await File.WriteAllTextAsync(RevocationList, "nonsense", TestContext.Current.CancellationToken);

        session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateTrust = new UpdateTrust { Trust = trust } });

        await agent.UntilAsync(now => now.Problem.Contains(RevocationList, StringComparison.Ordinal));
        var before = session.Leases;
        await FleetSteps.UntilAsync(() => Task.FromResult(session.Leases > before + 1));
        session.TrustVersion.ShouldBe(1);
        (await agent.AuditAsync("fleet.trust-updated")).ShouldBeEmpty();

        // The file is watched; nobody has to tell the agent.
        File.Delete(RevocationList);
        await FleetSteps.UntilAsync(() => Task.FromResult(session.TrustVersion == 2));
        (await agent.MembershipAsync()).Problem.ShouldBeEmpty();
        session.Ended.Task.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Certificate_that_is_not_in_force_is_not_told_of_and_not_asked_for_again()
    {
        await using var agent = await StartAsync();
        var session = await _manager.SessionAsync();
        var asked = 0;
        _manager.OnRenew = request =>
        {
            Interlocked.Increment(ref asked);
            return new RenewResponse { Issued = _fleet.Certify(request.CertificateRequest) };
        };
        await File.WriteAllTextAsync(RevocationList, "nonsense", TestContext.Current.CancellationToken);
        var renew = new OpenSessionResponse { UpdateTrust = new UpdateTrust { Renew = true } };

        session.Say.Writer.TryWrite(renew);
        await agent.UntilAsync(now => now.Problem.Contains(RevocationList, StringComparison.Ordinal));
        (await agent.AuditAsync("fleet.certificate-renewed")).ShouldBeEmpty();

        session.Say.Writer.TryWrite(renew);
        var before = session.Leases;
        await FleetSteps.UntilAsync(() => Task.FromResult(session.Leases > before + 1));
        asked.ShouldBe(1);

        File.Delete(RevocationList);
        await _manager.SessionAsync(next => next.Serial != session.Serial);
        await agent.UntilAsync(now => now.Problem.Length == 0);
    }

    private Task<RunningAgent> StartAsync() => FleetSteps.StartMemberAsync(_fleet, [_manager.Endpoint], options => options with { Remote = options.Remote with { RevocationList = RevocationList } });
}
