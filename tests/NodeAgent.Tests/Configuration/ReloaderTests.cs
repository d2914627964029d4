using Microsoft.Extensions.Time.Testing;
using NodeAgent.Configuration;

namespace NodeAgent.Tests.Configuration;

public sealed class ReloaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _path;
    private readonly Dictionary<string, string> _environment = [];
    private readonly LiveOptions _options;
    private readonly Reloader _reloader;

    public ReloaderTests()
    {
        _path = Path.Combine(_directory.Path, "agent.conf");
        File.WriteAllText(_path, "[agent]\nlog_level = info\n");
        var sources = new ConfigSources(CommandLine.Parse(["--config", _path], []), _environment);
        _options = new LiveOptions(sources.Load().Options);
        _reloader = new Reloader(sources, _options, new FakeTimeProvider());
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Live_keys_take_effect_and_others_wait()
    {
        File.WriteAllText(_path, "[agent]\nlog_level = debug\nstate_dir = /elsewhere\n[limits]\nmax_streams = 7\n");

        var outcome = _reloader.Reload();

        outcome.IsGood.ShouldBeTrue();
        outcome.Changed.Select(key => key.ToString()).ShouldBe(["[agent] log_level", "[limits] max_streams"]);
        // The image roots lie in the state directory unless they are named, so their default moves with it.
        outcome.Pending.Select(key => key.ToString()).ShouldContain("[agent] state_dir");
        _options.Current.LogLevel.ShouldBe(LogLevelChoice.Debug);
        _options.Current.Limits.MaxStreams.ShouldBe(7);
        _options.Current.StateDirectory.ShouldBe("/var/lib/nodeagent");
    }

    [Fact]
    public void Image_roots_move_with_the_state_directory_only_at_a_restart()
    {
        File.WriteAllText(_path, "[agent]\nstate_dir = /elsewhere\n");

        _reloader.Reload();

        _options.Current.ImageRoots.ShouldBe(["/var/lib/nodeagent/images"]);
    }

    [Fact]
    public void A_faulty_file_changes_nothing_and_says_so()
    {
        File.WriteAllText(_path, "[agent]\nlog_level = debug\nnonsense = 1\n");

        var outcome = _reloader.Reload();

        outcome.IsGood.ShouldBeFalse();
        outcome.Summary.ShouldContain("agent.conf:3: nonsense");
        _options.Current.LogLevel.ShouldBe(LogLevelChoice.Info);
        _reloader.Last.ShouldBe(outcome);
    }

    [Fact]
    public void What_nobody_foresaw_changes_nothing_and_says_so()
    {
        var told = new List<ReloadOutcome>();
        _reloader.Observe(told.Add);
        // No process hands over such a name; reading it fails by a defect.
        _environment["X"] = "";
        File.WriteAllText(_path, "[agent]\nlog_level = debug\n");

        var outcome = _reloader.Reload();

        outcome.Problems.ShouldHaveSingleItem().Message.ShouldStartWith("The agent failed at it (ArgumentOutOfRangeException");
        told.ShouldBe([outcome]);
        _reloader.Last.ShouldBe(outcome);
        _options.Current.LogLevel.ShouldBe(LogLevelChoice.Info);
        _environment.Clear();
        _reloader.Reload().IsGood.ShouldBeTrue();
        _options.Current.LogLevel.ShouldBe(LogLevelChoice.Debug);
    }

    [Fact]
    public void A_policy_that_asks_a_label_for_two_values_is_a_fault_as_any_other()
    {
        var policy = Path.Combine(_directory.Path, "policy.conf");
        File.WriteAllText(policy, "[role a]\nmethods=*\nvm_labels = team=red, team=blue\n");
        File.WriteAllText(_path, $"[access]\npolicy = {policy}\n");

        _reloader.Reload().Problems.ShouldHaveSingleItem().ToString().ShouldContain("policy.conf:3: vm_labels: The label 'team' is given twice");
    }

    [Fact]
    public void A_file_that_is_mended_is_good_again()
    {
        File.WriteAllText(_path, "nonsense");
        _reloader.Reload().IsGood.ShouldBeFalse();
        File.WriteAllText(_path, "[agent]\nlog_level = error\n");

        _reloader.Reload().IsGood.ShouldBeTrue();

        _options.Current.LogLevel.ShouldBe(LogLevelChoice.Error);
    }

    [Fact]
    public void Observers_hear_of_the_options_now_and_of_each_change_once()
    {
        var heard = new List<LogLevelChoice>();
        _options.Observe(options => heard.Add(options.LogLevel));
        File.WriteAllText(_path, "[agent]\nlog_level = trace\n");

        _reloader.Reload();
        _reloader.Reload();

        heard.ShouldBe([LogLevelChoice.Info, LogLevelChoice.Trace]);
    }

    [Fact]
    public void Nothing_changed_is_said_so() => _reloader.Reload().Summary.ShouldBe("The configuration was read again; nothing changed.");
}
