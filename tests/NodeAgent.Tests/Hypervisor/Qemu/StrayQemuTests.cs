using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Tests.Hypervisor.Qemu;

/// <summary>An agent was killed when it had just made the child that is to be QEMU: the child has the sockets, and no name yet.</summary>
public sealed class StrayQemuTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Child_that_has_the_sockets_and_is_no_qemu_yet_is_waited_for()
    {
        await using var begun = new BegunStart();
        var finding = StrayQemu.FindAllAsync(begun.RunDirectory, Patience, TimeProvider.System, Ct);
        finding.IsCompleted.ShouldBeFalse();
        begun.BecomeQemu();

        var stray = (await finding).ShouldHaveSingleItem();
        stray.VmId.ShouldBe(begun.VmId);
        stray.Pid.ShouldBe(begun.Child.Pid);
        stray.Directory.ShouldBe(begun.Directory.Path);
    }

    [Fact]
    public async Task Child_that_becomes_nothing_is_found_as_what_it_is()
    {
        await using var begun = new BegunStart();

        var stray = (await StrayQemu.FindAllAsync(begun.RunDirectory, TimeSpan.Zero, TimeProvider.System, Ct)).ShouldHaveSingleItem();
        stray.VmId.ShouldBeNull();
        stray.Pid.ShouldBe(begun.Child.Pid);
        stray.Directory.ShouldBe(begun.Directory.Path);
    }

    [Fact]
    public async Task Where_no_socket_is_nobody_is_waited_for()
    {
        using var home = new TemporaryDirectory();

        var finding = StrayQemu.FindAllAsync(home.Path, Patience, TimeProvider.System, Ct);
        finding.IsCompletedSuccessfully.ShouldBeTrue();
        (await finding).ShouldBeEmpty();
    }
}
