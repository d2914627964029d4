using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Vms;

/// <summary>Which VM is meant by an id or a name, whoever asks, however often, and whether they wait for the answer or not.</summary>
public sealed class VmIdentityTests
{
    private static readonly RequestContext Alice = new("alice");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stray_keeps_its_id_and_its_name()
    {
        await using var bench = await VmBench.BeginAsync();
        var id = (await bench.CreateAsync()).Definition.Id;
        await bench.DoAsync("web", new VmVerb.Start());
        var process = bench.Registry.Get("web").Run!.Process!;
        await bench.CloseAsync();
        await bench.ForgetAllAsync();
        await bench.OpenAsync();
        var stray = bench.Registry.List().ShouldHaveSingleItem();
        await bench.CreateAsync("other");

        var byId = await Should.ThrowAsync<VmException>(() => bench.CreateAsync("web", id: id));
        var byName = await Should.ThrowAsync<VmException>(() => bench.CreateAsync(stray.Definition.Name));
        var renamed = await Should.ThrowAsync<VmException>(() => bench.Registry.UpdateAsync(
            "other", null, vm => vm with { Name = stray.Definition.Name }, Alice, validateOnly: false, Ct));

        foreach (var refusal in new[] { byId, byName, renamed })
        {
            refusal.Reason.ShouldBe(VmErrorReason.AlreadyExists);
            refusal.Message.ShouldContain($"{process.Pid}");
        }

        bench.Registry.Get(stray.Definition.Name).State.ShouldBeOfType<VmState.Quarantined>();
        bench.Registry.List().Count.ShouldBe(2);
        using var qemu = HostProcess.TryAttach(process).ShouldNotBeNull("it was not touched");
        qemu.Kill();
        await qemu.Exited;
    }

    [Fact]
    public async Task Id_that_is_in_use_is_refused_and_its_owner_left_alone()
    {
        await using var bench = await VmBench.BeginAsync();
        var id = (await bench.CreateAsync()).Definition.Id;
        (await Should.ThrowAsync<VmException>(() => bench.CreateAsync("db", id: id))).Reason.ShouldBe(VmErrorReason.AlreadyExists);
        bench.Registry.Get("web").Definition.Id.ShouldBe(id);
        bench.Registry.List().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Caller_who_leaves_does_not_leave_half_a_delete()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        using var deadline = new CancellationTokenSource();
        using (bench.Clock.Stop())
        {
            var delete = bench.Registry.DeleteAsync("web", null, allowMissing: false, Alice, deadline.Token);
            await deadline.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => delete);
            bench.Registry.List().ShouldHaveSingleItem("it is not decided yet");
        }

        await bench.UntilEventAsync("vm.deleted");
        await VmBench.UntilAsync(() => bench.Registry.Count == 0, "it is deleted on disk only");
        Should.Throw<VmException>(() => bench.Registry.Get("web"));
        await bench.CreateAsync();
    }

    [Fact]
    public async Task Caller_who_leaves_does_not_leave_half_a_rename()
    {
        await using var bench = await VmBench.BeginAsync();
        var id = (await bench.CreateAsync()).Definition.Id;
        using var deadline = new CancellationTokenSource();
        using (bench.Clock.Stop())
        {
            var rename = bench.Registry.Find("web").ChangeAsync(null, vm => vm with { Name = "shop" }, Alice, deadline.Token);
            await deadline.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => rename);
        }

        await bench.UntilAsync($"{id}", vm => vm.Definition.Name == "shop");
        bench.Registry.Get("shop").Definition.Id.ShouldBe(id);
        Should.Throw<VmException>(() => bench.Registry.Get("web"));
        await bench.CreateAsync();
    }

    [Fact]
    public async Task Late_repeat_of_a_delete_spares_the_VM_that_has_the_id_by_now()
    {
        await using var bench = await VmBench.BeginAsync();
        var id = (await bench.CreateAsync()).Definition.Id;
        var request = Alice with { RequestId = "gone", Fingerprint = "web" };
        await bench.Registry.DeleteAsync("web", null, allowMissing: false, request, Ct);
        await bench.CreateAsync(id: id);
        var state = bench.Services.Options.VmStateDirectory(id);
        Directory.CreateDirectory(state);

        await bench.Registry.DeleteAsync("web", null, allowMissing: false, request, Ct);
        bench.Registry.Get("web").Definition.Id.ShouldBe(id);
        Directory.Exists(state).ShouldBeTrue();

        // Also when it would be refused by now, had it not been done.
        await bench.DoAsync("web", new VmVerb.Start(Paused: true));
        await bench.Registry.DeleteAsync("web", null, allowMissing: false, request, Ct);
        bench.Registry.Get("web").State.ShouldBeOfType<VmState.Paused>();
    }

    [Fact]
    public async Task Repeat_of_a_change_gets_its_answer_although_its_etag_is_old_by_now()
    {
        await using var bench = await VmBench.BeginAsync();
        var etag = (await bench.CreateAsync()).Definition.Etag;
        var request = Alice with { RequestId = "more", Fingerprint = "128" };
        Task<VmSnapshot> ChangeAsync(RequestContext by) => bench.Registry.UpdateAsync(
            "web", etag, vm => vm with { Spec = vm.Spec with { MemoryBytes = 128 << 20 } }, by, validateOnly: false, Ct);

        var first = await ChangeAsync(request);
        (await ChangeAsync(request)).Definition.Generation.ShouldBe(first.Definition.Generation);
        (await Should.ThrowAsync<VmException>(() => ChangeAsync(Alice))).Reason.ShouldBe(VmErrorReason.EtagMismatch);
        (await Should.ThrowAsync<VmException>(() => ChangeAsync(request with { Fingerprint = "other" }))).Reason.ShouldBe(VmErrorReason.RequestIdReused);
    }
}
