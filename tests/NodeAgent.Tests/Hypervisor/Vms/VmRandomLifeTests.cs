using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Vms;

/// <summary>
/// The actor itself, with a ledger and processes, driven through random sequences of verbs, crashes and agents that come
/// and go; after each step all that must always be true is looked at. The life cycle's table alone is in VmLifecycleTests.
/// </summary>
public sealed class VmRandomLifeTests
{
    private const int Steps = 40;

    private static readonly VmVerb[] Verbs =
    [
        new VmVerb.Start(), new VmVerb.Start(), new VmVerb.Start(Paused: true), new VmVerb.Shutdown(TimeSpan.FromSeconds(20)), new VmVerb.Stop(Force: false),
        new VmVerb.Stop(Force: true), new VmVerb.Reboot(TimeSpan.FromSeconds(20)), new VmVerb.Reset(), new VmVerb.Pause(), new VmVerb.Resume(),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_comes_in_whatever_order_the_VM_is_what_it_says(int seed)
    {
        await using var life = new Life(await VmBench.BeginAsync(), new Random(seed));
        await life.BeginAsync();
        for (var step = 0; step < Steps; step++)
        {
            await life.GoOnAsync();
        }
    }

    private sealed class Life(VmBench bench, Random chance) : IAsyncDisposable
    {
        private readonly List<string> _story = [];
        private readonly Dictionary<string, Guid> _answers = [];
        private long _events;

        private VmSnapshot Now => bench.Registry.Get("web");

        public Task<VmSnapshot> BeginAsync() => bench.CreateAsync(change: spec => spec with
        {
            Restart = new RestartPolicy { Mode = RestartMode.OnFailure, InitialBackoff = TimeSpan.FromHours(1), MaxBackoff = TimeSpan.FromHours(1) },
        });

        public async Task GoOnAsync()
        {
            try
            {
                switch (chance.Next(10))
                {
                    case 0:
                        await ComeAgainAsync();
                        break;
                    case 1:
                        await CrashAsync();
                        break;
                    case 2:
                        await AskTogetherAsync();
                        break;
                    default:
                        await AskAsync(Verbs[chance.Next(Verbs.Length)]);
                        break;
                }

                await CheckAsync();
            }
            catch (Exception broken)
            {
                throw new InvalidOperationException($"after {string.Join(", ", _story)}: {broken.Message}", broken);
            }
        }

        public ValueTask DisposeAsync() => bench.DisposeAsync();

        /// <summary>One verb at a time gets exactly what the life cycle decides on the state that is published.</summary>
        private async Task AskAsync(VmVerb verb)
        {
            _story.Add($"{verb}");
            var before = Now;
            var decision = VmLifecycle.Decide(before.State, verb);
            var request = $"request-{_answers.Count}";
            try
            {
                var operation = await bench.DoAsync("web", verb, request);
                decision.ShouldNotBeOfType<VmDecision.Refuse>();
                operation.State.ShouldBe(OperationState.Succeeded, operation.Fault?.Message);
                _answers[$"{request}|{verb}"] = operation.Id;
                if (decision is VmDecision.Ignore)
                {
                    Now.State.ShouldBe(before.State);
                }
            }
            catch (VmException refusal)
            {
                refusal.Reason.ShouldBe(decision.ShouldBeOfType<VmDecision.Refuse>().Reason);
                Now.State.ShouldBe(before.State);
            }
        }

        /// <summary>Several at once: each is answered or refused, and what was accepted comes to an end.</summary>
        private async Task AskTogetherAsync()
        {
            var verbs = Enumerable.Range(0, 4).Select(_ => Verbs[chance.Next(Verbs.Length)]).ToArray();
            _story.Add($"together: {string.Join(" + ", verbs.Select(verb => verb.ToString()))}");
            await Task.WhenAll(verbs.Select(async verb =>
            {
                try
                {
                    (await bench.DoAsync("web", verb)).IsDone.ShouldBeTrue();
                }
                catch (VmException refusal)
                {
                    refusal.Reason.ShouldNotBe(VmErrorReason.Overloaded);
                }
            }));
        }

        private async Task CrashAsync()
        {
            if (Now.Run?.Process is not { } process)
            {
                return;
            }

            _story.Add("crash");
            var restarts = Now.RestartCount;
            using (var qemu = PidFd.TryOpen(process)!)
            {
                qemu.Send(PidFd.Kill);
            }

            var stopped = await bench.UntilAsync("web", vm => vm.State is VmState.Stopped);
            stopped.LastExit!.Reason.ShouldBe(VmExitReason.QemuCrashed);
            stopped.RestartCount.ShouldBe(restarts + 1);
        }

        /// <summary>The agent goes and comes back: the same state, the same process, and the same answers.</summary>
        private async Task ComeAgainAsync()
        {
            _story.Add("agent");
            var before = Now;
            await bench.CloseAsync();
            await bench.OpenAsync();
            var after = await bench.UntilAsync("web", vm => vm.State is not VmState.Unknown);
            after.State.GetType().ShouldBe(before.State.GetType());
            after.Run?.Process.ShouldBe(before.Run?.Process);
            after.StateTime.ShouldBe(before.State is VmState.Stopped ? before.LastExit?.Time ?? before.StateTime : before.StateTime);
            after.NextRestart.ShouldBe(before.NextRestart);
            after.RestartCount.ShouldBe(before.RestartCount);
            foreach (var (asked, answer) in _answers.TakeLast(3))
            {
                var (request, verb) = (asked.Split('|')[0], Verbs.First(verb => $"{verb}" == asked.Split('|')[1]));
                (await bench.DoAsync("web", verb, request)).Id.ShouldBe(answer);
            }
        }

        private async Task CheckAsync()
        {
            // What was decided has come to its end, and its own words have reached the loop, when the state stands still.
            var now = await bench.UntilAsync("web", vm => vm.State is VmState.Stopped or VmState.Running or VmState.Paused && vm.OperationId is null);
            var processes = ProcessTable.Containing(Path.GetDirectoryName(bench.Services.Options.RunDirectory)!);
            if (now.Run?.Process is { } process)
            {
                processes.ShouldHaveSingleItem();
                using var qemu = PidFd.TryOpen(process).ShouldNotBeNull();
                qemu.HasExited.ShouldBeFalse();
                now.State.ShouldNotBeOfType<VmState.Stopped>();
                now.NextRestart.ShouldBeNull();
            }
            else
            {
                now.State.ShouldBeOfType<VmState.Stopped>();
                processes.ShouldBeEmpty();
                await bench.ClearedAsync();
            }

            await VmBench.UntilAsync(() => bench.Services.Operations.RunningCount == 0, "an operation was forgotten");
            (now.NextRestart is not null).ShouldBe(now.State is VmState.Stopped && now.RestartCount > 0);
            await CheckEventsAsync(now);
        }

        private async Task CheckEventsAsync(VmSnapshot now)
        {
            var events = await bench.EventsAsync();
            events.Select(item => item.Sequence).ShouldBe(Enumerable.Range(1, events.Count).Select(number => (long)number));
            events.Count.ShouldBeGreaterThanOrEqualTo((int)_events);
            _events = events.Count;

            // Facts wait for nobody; what is written after them is on disk after them.
            _ = await bench.Services.Ledger.CommitAsync(new LedgerBatch(new AppendEvent(new EventDraft(DateTimeOffset.UnixEpoch, "test.mark", null, "{}"))));
            events = await bench.EventsAsync();
            var last = events.LastOrDefault(item => item.Fact.Kind is "vm.started" or "vm.stopped" or "vm.start-failed");
            (last?.Fact.Kind == "vm.started").ShouldBe(now.Run is not null);
        }
    }
}
