using NodeAgent.Configuration;

namespace NodeAgent.Tests.Configuration;

public sealed class ConfigSourcesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Main => Path.Combine(_directory.Path, "agent.conf");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Later_sources_win()
    {
        Write("agent.conf", "[agent]\nlog_level = debug\nstate_dir = /a\nrun_dir = /a\nsocket_mode = 0600\n");
        Write("conf.d/10-first.conf", "[agent]\nlog_level = trace\nstate_dir = /b\nrun_dir = /b\n");
        Write("conf.d/20-second.conf", "[agent]\nstate_dir = /c\nrun_dir = /c\n");
        Write("conf.d/30-ignored.txt", "[agent]\nstate_dir = /ignored\n");

        var result = Load(["--run-dir", "/e"], ("NODEAGENT_AGENT__STATE_DIR", "/d"), ("NODEAGENT_AGENT__RUN_DIR", "/d"));

        result.Problems.ShouldBeEmpty();
        result.Options.SocketMode.ShouldBe((UnixFileMode)0x180);
        result.Options.LogLevel.ShouldBe(LogLevelChoice.Trace);
        result.Options.StateDirectory.ShouldBe("/d");
        result.Options.RunDirectory.ShouldBe("/e");
    }

    [Fact]
    public void Directories_carry_their_defaults_along()
    {
        var options = Load(["--state-dir", "/s", "--run-dir", "/r"], file: false).Options;

        options.SocketPaths.ShouldBe(["/r/api.sock"]);
        options.ImageRoots.ShouldBe(["/s/images"]);
    }

    [Fact]
    public void Listen_may_be_repeated_and_replaces_the_default()
    {
        var options = Load(["--listen", "unix:/a.sock", "--listen=unix:///b.sock", "--metrics-listen", "none"], file: false).Options;

        options.SocketPaths.ShouldBe(["/a.sock", "/b.sock"]);
        options.Metrics.Listen.ShouldBeNull();
    }

    [Fact]
    public void A_file_named_on_the_command_line_must_be_there()
    {
        var result = Load(["--config", Path.Combine(_directory.Path, "missing.conf")], file: false);

        result.Problems.ShouldHaveSingleItem().ToString().ShouldContain("missing.conf: The file cannot be read");
    }

    [Theory]
    [InlineData("[agent]\nsocket_mod = 0660\n", ":2: socket_mod: There is no such key in [agent]. The keys there are state_dir,")]
    [InlineData("[agnet]\nsocket_mode = 0660\n", ":2: socket_mode: There is no section [agnet]. The sections are [agent], [metrics],")]
    [InlineData("socket_mode = 0660\n", ":1: socket_mode: The key stands in no section.")]
    [InlineData("[agent]\n\nnonsense\n", ":3: 'nonsense' is neither a section nor a key")]
    [InlineData("[agent\n", ":1: '[agent' is not a section.")]
    [InlineData("[agent]\nlog_level = info\nlog_level = debug\n", ":3: log_level: The key was given before, in line 2.")]
    [InlineData("[agent]\nlog_level = loud\n", ":2: log_level: 'loud' is not known. Write one of trace, debug, info, warning, error.")]
    [InlineData("[agent]\nlog_level = 1\n", ":2: log_level: '1' is not known.")]
    [InlineData("[agent]\nsocket_mode = rw\n", ":2: socket_mode: 'rw' is not a file mode. Write three octal digits")]
    [InlineData("[agent]\nsocket_mode = 7777\n", ":2: socket_mode: '7777' is not a file mode.")]
    [InlineData("[agent]\nstate_dir = var\n", ":2: state_dir: 'var' is not an absolute path.")]
    [InlineData("[agent]\nlisten = tcp:1.2.3.4:1\n", ":2: listen: 'tcp:1.2.3.4:1' is not a unix socket.")]
    [InlineData("[metrics]\nlisten = example.com:80\n", ":2: listen: 'example.com:80' is not an address to listen on.")]
    [InlineData("[metrics]\nlisten = 127.0.0.1:70000\n", ":2: listen: '127.0.0.1:70000' is not an address")]
    [InlineData("[metrics]\nsample_interval = 10\n", ":2: sample_interval: '10' is not a duration.")]
    [InlineData("[metrics]\nsample_interval = 10ms\n", ":2: sample_interval: '10ms' is not in range. Write 1s to 1h.")]
    [InlineData("[limits]\nmax_vms = -1\n", ":2: max_vms: '-1' is not in range.")]
    [InlineData("[limits]\nmax_message_bytes = 1TiB\n", ":2: max_message_bytes: '1TiB' is not a size.")]
    [InlineData("[limits]\nmax_message_bytes = 1GiB\n", ":2: max_message_bytes: '1GiB' is not in range. Write 64KiB to 64MiB.")]
    [InlineData("[autostart]\nenabled = perhaps\n", ":2: enabled: 'perhaps' is neither true nor false.")]
    public void A_fault_names_file_line_key_and_remedy(string text, string expected)
    {
        Write("agent.conf", text);

        Load([]).Problems.ShouldHaveSingleItem().ToString().ShouldStartWith(Main + expected);
    }

    [Fact]
    public void All_faults_are_found_at_once()
    {
        Write("agent.conf", "[agent]\nlog_level = loud\nnonsense = 1\n[kvm]\ndevice = kvm\n");

        var result = Load(["--metrics-listen", "x"], ("NODEAGENT_NOTHING", "1"), ("NODEAGENT_AGENT__NOTHING", "1"));

        result.Problems.Count.ShouldBe(6);
    }

    [Fact]
    public void Environment_variables_that_name_no_key_are_faults()
    {
        var problems = Load([], ("NODEAGENT_STATE_DIR", "/x")).Problems;

        problems.ShouldHaveSingleItem().ToString().ShouldBe("environment: NODEAGENT_STATE_DIR: The variable names no key. Write NODEAGENT_SECTION__KEY, or remove it.");
    }

    [Fact]
    public void A_run_directory_too_long_for_sockets_is_a_fault() =>
        Load(["--run-dir", "/" + new string('x', 70)], file: false).Problems.ShouldContain(problem => problem.Key == "[agent] run_dir");

    [Fact]
    public void A_file_that_is_no_text_is_a_fault_and_no_crash()
    {
        File.WriteAllBytes(Main, [0xFF, 0xFE, 0x00]);

        Load([]).Problems.ShouldHaveSingleItem().Message.ShouldBe("The file is not UTF-8 text.");
    }

    [Fact]
    public void A_huge_file_is_a_fault_and_not_read_to_its_end()
    {
        using (var file = File.Create(Main))
        {
            file.SetLength(1L << 33);
        }

        Load([]).Problems.ShouldHaveSingleItem().Message.ShouldBe("The file is larger than 1 MiB.");
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(_directory.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private ConfigResult Load(string[] arguments, params (string Name, string Value)[] environment) => Load(arguments, file: true, environment);

    private ConfigResult Load(string[] arguments, bool file, params (string Name, string Value)[] environment)
    {
        var problems = new List<ConfigProblem>();
        if (file && !File.Exists(Main))
        {
            Write("agent.conf", "");
        }

        // Without a file of its own a test would read the host's.
        string[] config = file ? ["--config", Main] : arguments.Contains("--config") ? [] : ["--config", Empty()];
        var line = CommandLine.Parse([.. config, .. arguments], problems);
        problems.ShouldBeEmpty();
        return new ConfigSources(line, environment.ToDictionary(one => one.Name, one => one.Value)).Load();
    }

    private string Empty()
    {
        Write("empty/agent.conf", "");
        return Path.Combine(_directory.Path, "empty/agent.conf");
    }
}
