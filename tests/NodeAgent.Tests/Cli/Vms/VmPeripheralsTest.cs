using NodeAgent.Cli.Errors;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Vms;

public sealed class VmPeripheralsTest
{
    [Theory]
    [InlineData("ctrl-alt-Delete")]
    [InlineData("ctrl", "alt", "delete")]
    [InlineData("ctrl+alt", "delete")]
    public async Task Keys_may_be_joined_or_apart(params string[] keys)
    {
        await using var agent = await FakeAgent.StartAsync();
        (await agent.RunAsync(["vm", "send-key", "web", .. keys])).ShouldEndWith(ExitCode.Ok);
        agent.Vms.Last<SendKeysRequest>().Keys.ShouldBe(["ctrl", "alt", "delete"]);
    }

    [Fact]
    public async Task A_screenshot_is_written_to_its_file()
    {
        await using var agent = await FakeAgent.StartAsync();
        var file = Path.Combine(agent.Folder, "web.png");
        (await agent.RunAsync("vm", "screenshot", "web", "-f", file)).ShouldEndWith(ExitCode.Ok).Out.ShouldBeEmpty();
        (await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)).ShouldBe([0x89, 0x50]);
    }

    [Fact]
    public async Task The_argument_list_can_be_pasted_into_a_shell()
    {
        await using var agent = await FakeAgent.StartAsync();
        var result = (await agent.RunAsync("vm", "argv", "web")).ShouldEndWith(ExitCode.Ok);
        result.Out.ShouldBe("/usr/bin/qemu-system-x86_64 \\\n  -m 256M \\\n  -append 'console=ttyS0 quiet'\n");
        result.Error.ShouldBe("accelerator: tcg (KVM only emulates here)\n");
    }

    [Fact]
    public async Task A_page_tells_everything_of_a_VM()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Events.Add(2);
        agent.Vms.Add("web", VmState.Stopped, v =>
        {
            v.Status.Exit = new ExitInfo { Reason = ExitReason.QemuCrashed, Signal = 9, LastWords = "out of memory\n" };
            v.Spec.Disks.Add(new Disk { Path = "/images/a", Format = DiskFormat.Raw });
        });
        var page = (await agent.RunAsync("vm", "describe", "web")).ShouldEndWith(ExitCode.Ok).Out;
        page.ShouldContain("qemu-crashed");
        page.ShouldContain("out of memory");
        page.ShouldContain("  memory: 256MiB");
        page.ShouldContain("message 2");
        page.IndexOf("message 1", StringComparison.Ordinal).ShouldBeLessThan(page.IndexOf("message 2", StringComparison.Ordinal));
    }
}
