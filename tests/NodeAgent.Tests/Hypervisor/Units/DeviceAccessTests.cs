using NodeAgent.Hypervisor.Units;

namespace NodeAgent.Tests.Hypervisor.Units;

/// <summary>Whether guests' users, who are nobody, can open a device.</summary>
public sealed class DeviceAccessTests
{
    private const uint Kvm = 104, Root = 0;

    [Theory]
    [InlineData("666", Root, null, true)]
    [InlineData("660", Kvm, "104", true)]
    [InlineData("666", Kvm, null, true)]
    [InlineData("600", Kvm, null, false)]
    [InlineData("640", Kvm, null, false)]
    [InlineData("660", Root, null, false)]
    [InlineData("664", Root, null, false)]
    public void Group_opens_it_where_one_is_needed_and_root_s_own_never(string mode, uint owner, string? group, bool isOpen)
    {
        var access = DeviceAccess.To("/dev/kvm", (UnixFileMode)Convert.ToInt32(mode, 8), owner);

        access.Group.ShouldBe(group);
        (access.Problem is null).ShouldBe(isOpen);
        (access.Remedy.Length == 0).ShouldBe(isOpen);
    }

    [Fact]
    public void Refusal_names_mode_group_and_remedy()
    {
        var access = DeviceAccess.To("/dev/kvm", UnixFileMode.UserRead | UnixFileMode.UserWrite, Root);

        access.Problem.ShouldBe("/dev/kvm can be opened by root alone (mode 0600, group 0), and guests do not run as root");
        access.Remedy.ShouldContain("chgrp kvm /dev/kvm && chmod 660 /dev/kvm");
    }

    [Fact]
    public void A_device_that_is_not_there_is_told_as_that()
    {
        using var directory = new TemporaryDirectory();

        DeviceAccess.To(Path.Combine(directory.Path, "kvm")).Problem.ShouldStartWith("there is no ");
    }
}
