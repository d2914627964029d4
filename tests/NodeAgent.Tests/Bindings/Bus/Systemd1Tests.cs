using NodeAgent.Bindings.Bus;

namespace NodeAgent.Tests.Bindings.Bus;

/// <summary>Jobs and units, against a service that says what systemd says, in every order it may say it in.</summary>
public sealed class Systemd1Tests
{
    private const string Unit = "nodeagent-vm-a.service";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("done")]
    [InlineData("failed")]
    public async Task A_start_ends_with_the_result_of_its_own_job(string result)
    {
        await using var stage = await Stage.OpenAsync();

        var starting = stage.Systemd.StartTransientUnitAsync(Unit, "fail", [new UnitProperty("Slice", UnitValue.Of("machine.slice"))], Ct);
        var call = await stage.Service.NextAsync("StartTransientUnit");
        call.Arguments.ShouldBe($"'{Unit}' 'fail' [(sv):('Slice' <s 'machine.slice'>)] [(sa(sv)):]");
        stage.Service.Answer(call, static writer => writer.ObjectPath("/job/7"));
        stage.EndJob("/job/6", Unit, "canceled");
        stage.EndJob("/job/7", Unit, result);

        (await starting.WaitAsync(PrivateBus.Long, Ct)).ShouldBe(result);
    }

    [Fact]
    public async Task A_job_that_ends_before_its_answer_is_not_missed()
    {
        await using var stage = await Stage.OpenAsync();

        var stopping = stage.Systemd.StopUnitAsync(Unit, "replace", Ct);
        var call = await stage.Service.NextAsync("StopUnit");
        stage.EndJob("/job/8", Unit, "done");
        stage.Service.Answer(call, static writer => writer.ObjectPath("/job/8"));

        (await stopping.WaitAsync(PrivateBus.Long, Ct)).ShouldBe("done");
    }

    [Fact]
    public async Task Nobody_else_can_end_our_job()
    {
        await using var stage = await Stage.OpenAsync();
        await using var stranger = new BusService(stage.Bus, null);
        var starting = stage.Systemd.StartTransientUnitAsync(Unit, "fail", [], Ct);
        var call = await stage.Service.NextAsync("StartTransientUnit");
        stage.Service.Answer(call, static writer => writer.ObjectPath("/job/7"));

        // Sent to the connection itself: no match is needed to receive it. The bus delivers it first.
        stranger.Emit(Stage.JobRemoved, writer => Stage.WriteJob(writer, "/job/7", Unit, "failed"), destination: call.Sender);
        await stranger.FlushAsync();
        stage.EndJob("/job/7", Unit, "done");

        (await starting.WaitAsync(PrivateBus.Long, Ct)).ShouldBe("done");
    }

    [Theory]
    [InlineData("active", "done")]
    [InlineData("failed", "failed")]
    public async Task A_job_whose_end_was_missed_is_judged_by_its_unit(string state, string expected)
    {
        await using var stage = await Stage.OpenAsync();
        var starting = stage.Systemd.StartTransientUnitAsync(Unit, "fail", [], Ct);
        stage.Service.Answer(await stage.Service.NextAsync("StartTransientUnit"), static writer => writer.ObjectPath("/job/7"));

        // systemd executes itself anew: its name has another owner for a moment, and signals are lost.
        stage.Service.Release(Systemd1.Name);
        stage.Service.Take(Systemd1.Name);
        await stage.AnswerLookAsync("activating", hasJob: true);
        stage.Service.Release(Systemd1.Name);
        stage.Service.Take(Systemd1.Name);
        await stage.AnswerLookAsync(state);

        (await starting.WaitAsync(PrivateBus.Long, Ct)).ShouldBe(expected);
    }

    [Fact]
    public async Task A_unit_is_read_as_a_whole()
    {
        await using var stage = await Stage.OpenAsync();

        var reading = stage.Systemd.GetUnitAsync(Unit, Ct);
        await stage.AnswerLookAsync("failed");

        (await reading).ShouldBe(new UnitStatus
        {
            Name = Unit,
            LoadState = "loaded",
            ActiveState = "failed",
            SubState = "dead",
            Result = "oom-kill",
            ExecMainCode = 2,
            ExecMainStatus = 9,
            MainPid = 42,
            InvocationId = "0123456789abcdef0123456789abcdef",
            ControlGroup = "/machine.slice/x",
            Uid = 61184,
        });
    }

    [Fact]
    public async Task A_unit_that_is_not_there_has_no_status_and_has_ended()
    {
        await using var stage = await Stage.OpenAsync();

        var reading = stage.Systemd.GetUnitAsync(Unit, Ct);
        await stage.AnswerLookAsync("inactive", loadState: "not-found");
        (await reading).ShouldBeNull();

        var ended = stage.Systemd.WaitEndedAsync(Unit, Ct);
        await stage.AnswerLookAsync("inactive", loadState: "not-found");
        (await ended.WaitAsync(PrivateBus.Long, Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task The_end_of_a_unit_tells_how_it_came()
    {
        await using var stage = await Stage.OpenAsync();
        var ended = stage.Systemd.WaitEndedAsync(Unit, Ct);
        await stage.AnswerLookAsync("active");

        stage.Change("org.freedesktop.systemd1.Service", ("Result", "s", writer => writer.Text("signal")), ("ExecMainStatus", "i", writer => writer.Number(11)));
        stage.Change("org.freedesktop.systemd1.Unit", ("ActiveState", "s", writer => writer.Text("deactivating")));
        stage.Change("org.freedesktop.systemd1.Unit", ("Other", "s", writer => writer.Text("?")), ("ActiveState", "s", writer => writer.Text("failed")));

        var status = (await ended.WaitAsync(PrivateBus.Long, Ct)).ShouldNotBeNull();
        (status.Result, status.ExecMainStatus, status.ActiveState, status.MainPid).ShouldBe(("signal", 11, "failed", 42u));
    }

    [Fact]
    public async Task A_unit_that_was_collected_has_ended_as_it_was_last_seen()
    {
        await using var stage = await Stage.OpenAsync();
        var ended = stage.Systemd.WaitEndedAsync(Unit, Ct);
        await stage.AnswerLookAsync("active");

        // The first is a reload of systemd's configuration, in which every unit is removed and comes back.
        stage.RemoveUnit();
        await stage.AnswerLookAsync("active");
        await Stage.SettleAsync(stage.Systemd, stage.Service);
        ended.IsCompleted.ShouldBeFalse();
        stage.RemoveUnit();
        await stage.AnswerLookAsync("inactive", loadState: "not-found");

        (await ended.WaitAsync(PrivateBus.Long, Ct)).ShouldNotBeNull().ActiveState.ShouldBe("active");
    }

    [Fact]
    public async Task An_end_while_the_bus_was_away_is_found_by_looking_again()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var connection = await bus.ConnectAsync();
        var systemd = new Systemd1(connection);
        Task<UnitStatus?> ended;
        await using (var before = new BusService(bus, Systemd1.Name))
        {
            await Stage.SettleAsync(systemd, before);
            ended = systemd.WaitEndedAsync(Unit, Ct);
            await Stage.AnswerLookAsync(before, "active");
            await Stage.SettleAsync(systemd, before);
            await bus.KillAsync();
        }

        await bus.ReviveAsync();
        await using var after = new BusService(bus, Systemd1.Name);
        await Stage.AnswerLookAsync(after, "failed");

        (await ended.WaitAsync(PrivateBus.Long, Ct)).ShouldNotBeNull().Result.ShouldBe("oom-kill");
    }

    [Fact]
    public async Task Units_are_listed()
    {
        await using var stage = await Stage.OpenAsync();

        var listing = stage.Systemd.ListUnitsByPatternsAsync(["active"], ["nodeagent-vm-*.service"], Ct);
        var call = await stage.Service.NextAsync("ListUnitsByPatterns");
        call.Arguments.ShouldBe("[s:'active'] [s:'nodeagent-vm-*.service']");
        stage.Service.Answer(call, static writer =>
        {
            writer.Open('a', "(ssssssouso)");
            foreach (var name in (string[])["a", "b"])
            {
                writer.Open('r', "ssssssouso");
                foreach (var text in (string[])[name, "described", "loaded", "active", "running", ""])
                {
                    writer.Text(text);
                }

                writer.ObjectPath("/u");
                writer.Number(0u);
                writer.Text("");
                writer.ObjectPath("/");
                writer.Close();
            }

            writer.Close();
        });

        (await listing).ShouldBe([new UnitSummary("a", "loaded", "active", "running"), new UnitSummary("b", "loaded", "active", "running")]);
    }

    /// <summary>A private bus with a service on it that has systemd's name, and a client.</summary>
    private sealed record Stage(PrivateBus Bus, BusService Service, BusConnection Connection, Systemd1 Systemd) : IAsyncDisposable
    {
        public static readonly (string, string, string) JobRemoved = (Systemd1.Path, Systemd1.Interface, "JobRemoved");

        public static async Task<Stage> OpenAsync()
        {
            var bus = await PrivateBus.StartAsync();
            var service = new BusService(bus, Systemd1.Name);
            var connection = await bus.ConnectAsync();
            var systemd = new Systemd1(connection);

            // Its subscription stands, so that no reset comes but those that a test causes.
            await SettleAsync(systemd, service);
            return new Stage(bus, service, connection, systemd);
        }

        public static void WriteJob(BusWriter writer, string job, string unit, string result)
        {
            writer.Number(7u);
            writer.ObjectPath(job);
            writer.Text(unit);
            writer.Text(result);
        }

        public void EndJob(string job, string unit, string result) => Service.Emit(JobRemoved, writer => WriteJob(writer, job, unit, result));

        public void RemoveUnit() => Service.Emit((Systemd1.Path, Systemd1.Interface, "UnitRemoved"), static writer =>
        {
            writer.Text(Unit);
            writer.ObjectPath(UnitPath.Of(Unit));
        });

        public void Change(string @interface, params (string Name, string Type, Action<BusWriter> Write)[] properties) =>
            Service.Emit((UnitPath.Of(Unit), "org.freedesktop.DBus.Properties", "PropertiesChanged"), writer =>
            {
                writer.Text(@interface);
                WriteProperties(writer, properties);
                writer.Texts([]);
            });

        public Task AnswerLookAsync(string activeState, string loadState = "loaded", bool hasJob = false) =>
            AnswerLookAsync(Service, activeState, loadState, hasJob);

        public static async Task AnswerLookAsync(BusService service, string activeState, string loadState = "loaded", bool hasJob = false)
        {
            var call = await service.NextAsync("GetAll");
            call.Path.ShouldBe(UnitPath.Of(Unit));
            service.Answer(call, writer => WriteProperties(
                writer,
                ("Description", "s", body => body.Text("not ours")),
                ("LoadState", "s", body => body.Text(loadState)),
                ("ActiveState", "s", body => body.Text(activeState)),
                ("SubState", "s", body => body.Text("dead")),
                ("Result", "s", body => body.Text("oom-kill")),
                ("ExecMainCode", "i", body => body.Number(2)),
                ("ExecMainStatus", "i", body => body.Number(9)),
                ("MainPID", "u", body => body.Number(42u)),
                ("InvocationID", "ay", body => body.Bytes(Convert.FromHexString("0123456789abcdef0123456789abcdef"))),
                ("ControlGroup", "s", body => body.Text("/machine.slice/x")),
                ("UID", "u", body => body.Number(61184u)),
                ("Job", "(uo)", body =>
                {
                    body.Open('r', "uo");
                    body.Number(hasJob ? 7u : 0u);
                    body.ObjectPath(hasJob ? "/job/7" : "/");
                    body.Close();
                }
            )));
        }

        /// <summary>Returns when the client has seen what was sent so far.</summary>
        public static async Task SettleAsync(Systemd1 systemd, BusService service)
        {
            var asked = systemd.KillUnitAsync("settle.service", "main", 0, Ct);
            service.Answer(await service.NextAsync("KillUnit"), static _ => { });
            await asked.WaitAsync(PrivateBus.Long, Ct);
        }

        public async ValueTask DisposeAsync()
        {
            await Connection.DisposeAsync();
            await Service.DisposeAsync();
            await Bus.DisposeAsync();
        }

        private static void WriteProperties(BusWriter writer, params (string Name, string Type, Action<BusWriter> Write)[] properties)
        {
            writer.Open('a', "{sv}");
            foreach (var (name, type, write) in properties)
            {
                writer.Open('e', "sv");
                writer.Text(name);
                writer.Open('v', type);
                write(writer);
                writer.Close();
                writer.Close();
            }

            writer.Close();
        }
    }
}
