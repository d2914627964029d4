using System.Diagnostics;
using System.Text.RegularExpressions;

namespace NodeAgent.Tests.Packaging;

/// <summary>The AppArmor profile of the DEB and the SELinux module of the RPM compile, and are about the files that are installed.</summary>
public sealed partial class AccessControlTests
{
    private const string Profile = "packaging/apparmor/usr.sbin.nodeagentd", Module = "packaging/selinux/nodeagent.te", Labels = "packaging/selinux/nodeagent.fc";

    [Fact]
    public async Task The_profile_is_understood_by_the_parser()
    {
        var parser = Find("apparmor_parser");
        Assert.SkipWhen(parser is null, "apparmor is not installed; make setup fetches it");
        await RunAsync(parser, "--skip-kernel-load", "--skip-cache", "--quiet", Path.Combine(Repository.Root, Profile));
    }

    [Fact]
    public async Task The_module_compiles_to_the_same_bytes_each_time()
    {
        Assert.SkipWhen(Find("checkmodule") is null || Find("semodule_package") is null, "checkpolicy and semodule-utils are not installed; make setup fetches them");
        using var folder = new TemporaryDirectory();
        var script = Path.Combine(Repository.Root, "packaging/selinux/build.sh");
        await RunAsync(script, $"{folder.Path}/a");
        await RunAsync(script, $"{folder.Path}/b");

        var first = await File.ReadAllBytesAsync($"{folder.Path}/a/nodeagent.pp", TestContext.Current.CancellationToken);
        first.Length.ShouldBeGreaterThan(1000);
        (await File.ReadAllBytesAsync($"{folder.Path}/b/nodeagent.pp", TestContext.Current.CancellationToken)).ShouldBe(first);
    }

    [Fact]
    public async Task Ways_into_the_domains_and_to_what_they_need_are_open_in_a_reference_policy()
    {
        var reference = Path.Combine(Repository.Root, "artifacts/tools/selinux");
        string[] modules = [.. new[] { "base", "unconfined", "qemu", "virt" }.Select(name => $"{reference}/{name}.pp")];
        Assert.SkipUnless(modules.All(File.Exists), "no reference policy; make setup fetches it");
        using var folder = new TemporaryDirectory();
        await RunAsync(Path.Combine(Repository.Root, "packaging/selinux/build.sh"), folder.Path);
        await RunAsync("/usr/bin/semodule_link", ["-o", $"{folder.Path}/linked", .. modules, $"{folder.Path}/nodeagent.pp"]);
        await RunAsync("/usr/bin/semodule_expand", $"{folder.Path}/linked", $"{folder.Path}/policy");

        // As text again, with every optional part that this policy has a use for.
        await RunAsync("/usr/bin/checkpolicy", "-M", "-b", "-F", "-o", $"{folder.Path}/text", $"{folder.Path}/policy");
        var rules = await File.ReadAllLinesAsync($"{folder.Path}/text", TestContext.Current.CancellationToken);

        rules.ShouldContain("type_transition init_t nodeagentd_exec_t:process nodeagentd_t;");
        rules.ShouldContain("type_transition init_t nodeagent_vm_exec_t:process nodeagent_vm_t;");
        rules.Where(rule => rule.StartsWith("type_transition nodeagent", StringComparison.Ordinal)).ShouldBeEmpty("who executes QEMU stays what it is");
        foreach (var domain in (string[])["nodeagentd", "nodeagent_vm"])
        {
            Permissions($"init_t {domain}_exec_t:file").ShouldContain("execute");
            Permissions($"{domain}_t {domain}_exec_t:file").ShouldContain("entrypoint");
            Permissions($"init_t {domain}_t:process").ShouldContain("transition");
            Permissions($"init_t {domain}_t:process2").ShouldContain("nnp_transition", "their units say NoNewPrivileges");
            Permissions($"{domain}_t qemu_exec_t:file").ShouldContain("execute_no_trans");
            Permissions($"{domain}_t bin_t:file").ShouldContain("execute_no_trans");
            Permissions($"{domain}_t kvm_device_t:chr_file").ShouldContain("ioctl");
        }

        Permissions("nodeagent_vm_t nodeagentd_t:fd").ShouldContain("use", "disks and sockets come as descriptors");
        Permissions("nodeagent_vm_t nodeagent_image_t:file").ShouldContain("write");
        Permissions("nodeagent_vm_t nodeagent_image_t:file").ShouldNotContain("open", "nothing by name");
        foreach (var service in (string[])["system_dbusd_t", "init_t", "systemd_logind_t", "systemd_machined_t"])
        {
            Permissions($"{service} nodeagentd_t:dbus").ShouldContain("send_msg", "it answers");
        }

        Permissions("system_dbusd_t nodeagentd_t:fd").ShouldContain("use", "it carries a guest's door to systemd");

        string[] Permissions(string what) =>
            [.. rules.Where(rule => rule.StartsWith($"allow {what} ", StringComparison.Ordinal)).SelectMany(rule => rule.Split('{', '}')[1].Split(' '))];
    }

    [Fact]
    public void Every_label_is_a_type_of_the_module_and_every_file_type_labels_something()
    {
        var types = TypeName().Matches(Repository.Read(Module)).Select(match => match.Groups[1].Value).ToHashSet();
        var labels = Label().Matches(Repository.Read(Labels)).Select(match => match.Groups[1].Value).ToArray();

        labels.Length.ShouldBeGreaterThan(4);
        labels.Except(types).ShouldBeEmpty();
        types.Except(labels).ShouldBe(["nodeagentd_t", "nodeagent_vm_t"], ignoreOrder: true);
    }

    [Fact]
    public void The_domains_are_permissive_as_the_guide_says()
    {
        Permissive().Count(Repository.Read(Module)).ShouldBe(2);
        Repository.Read("docs/operations.md").ShouldContain("permissive");
    }

    [Theory]
    [InlineData(Profile)]
    [InlineData(Labels)]
    public void The_programs_are_those_that_are_installed(string source)
    {
        var stage = Repository.Read("packaging/stage.sh");
        foreach (var (folder, program) in new[] { ("/usr/sbin/", "nodeagentd"), ("/usr/libexec/nodeagent/", "nodeagent-vm") })
        {
            stage.ShouldContain($"put 755 {folder} \"$programs/{program}\"");
            Repository.Read(source).ShouldContain(folder + program);
        }
    }

    private static string? Find(string program) =>
        new[] { "/usr/sbin/", "/usr/bin/", "/sbin/" }.Select(folder => folder + program).FirstOrDefault(File.Exists);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _ = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var complained = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0, complained);
    }

    [GeneratedRegex(@"^type (\w+),", RegexOptions.Multiline)]
    private static partial Regex TypeName();

    [GeneratedRegex(@"object_r:(\w+):s0")]
    private static partial Regex Label();

    [GeneratedRegex(@"^permissive ", RegexOptions.Multiline)]
    private static partial Regex Permissive();
}
