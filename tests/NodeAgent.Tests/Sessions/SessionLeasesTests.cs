using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NodeAgent.Fleet;
using NodeAgent.Manager.V1;
using NodeAgent.Sessions;
using NodeAgent.Tls;

namespace NodeAgent.Tests.Sessions;

public sealed class SessionLeasesTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Answer_to_a_lease_that_was_not_sent_yet_does_not_answer_later_ones()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var life = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var time = new FakeTimeProvider();
        using var credentials = new CredentialStore(() => null, time, NullLogger<CredentialStore>.Instance);
        var sent = new Said();
        var output = new SessionOutput(sent);
        var leases = new SessionLeases(output, new SessionBoard(time), credentials, time);
        var writing = output.RunAsync(life.Token);
        var renewing = leases.RunAsync(new Hello { Node = new NodeIdentity { NodeId = "n" } }, Interval, life.Token);
        (await sent.NextAsync(cancellation)).Sequence.ShouldBe(1);

        leases.Answered(new LeaseAck { Sequence = long.MaxValue });
        time.Advance(Interval);
        (await sent.NextAsync(cancellation)).Sequence.ShouldBe(2);

        // A tick that comes before it is waited for is not lost.
        time.Advance(Interval);
        (await Should.ThrowAsync<SessionException>(() => renewing.WaitAsync(Patience, cancellation))).Message.ShouldContain("was not answered");
        await life.CancelAsync();
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    private sealed class Said : IClientStreamWriter<OpenSessionRequest>
    {
        private readonly Channel<Lease> _leases = Channel.CreateUnbounded<Lease>();

        public WriteOptions? WriteOptions { get; set; }

        public Task CompleteAsync() => Task.CompletedTask;

        public Task WriteAsync(OpenSessionRequest message) => _leases.Writer.WriteAsync(message.Lease).AsTask();

        // The default of the interface takes no token that can be cancelled.
        public Task WriteAsync(OpenSessionRequest message, CancellationToken cancellationToken) => WriteAsync(message);

        public Task<Lease> NextAsync(CancellationToken cancellationToken) => _leases.Reader.ReadAsync(cancellationToken).AsTask().WaitAsync(Patience, cancellationToken);
    }
}
