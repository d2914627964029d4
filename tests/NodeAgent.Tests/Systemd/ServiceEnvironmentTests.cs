using NodeAgent.Systemd;

namespace NodeAgent.Tests.Systemd;

public sealed class ServiceEnvironmentTests
{
    private const int Self = 4711;

    [Fact]
    public void Without_a_service_manager_there_is_nothing()
    {
        var given = Read();

        given.NotifySocket.ShouldBeNull();
        given.Watchdog.ShouldBeNull();
        given.JournalStream.ShouldBeNull();
        given.Descriptors.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/run/systemd/notify", "/run/systemd/notify")]
    [InlineData("@abstract", "@abstract")]
    [InlineData("vsock:2:1234", null)]
    [InlineData("relative", null)]
    [InlineData("", null)]
    public void The_managers_socket_has_a_path_or_an_abstract_name(string value, string? expected) =>
        Read(("NOTIFY_SOCKET", value)).NotifySocket.ShouldBe(expected);

    [Theory]
    [InlineData("30000000", null, 30.0)]
    [InlineData("30000000", "4711", 30.0)]
    [InlineData("30000000", "4712", null)]
    [InlineData("30000000", "nonsense", null)]
    [InlineData("0", "4711", null)]
    [InlineData("-5", "4711", null)]
    [InlineData("soon", "4711", null)]
    [InlineData(null, "4711", null)]
    public void The_watchdog_is_ours_unless_it_names_another_process(string? period, string? pid, double? seconds) =>
        Read(("WATCHDOG_USEC", period), ("WATCHDOG_PID", pid)).Watchdog.ShouldBe(seconds is { } s ? TimeSpan.FromSeconds(s) : null);

    [Fact]
    public void Descriptors_come_with_their_names_from_three_on()
    {
        var given = Read(("LISTEN_FDS", "3"), ("LISTEN_PID", "4711"), ("LISTEN_FDNAMES", "api:other"));

        given.Descriptors.ShouldBe([new HandedDescriptor(3, "api"), new HandedDescriptor(4, "other"), new HandedDescriptor(5, "unknown")]);
    }

    [Theory]
    [InlineData("2", "4712")]
    [InlineData("2", null)]
    [InlineData("-1", "4711")]
    [InlineData("many", "4711")]
    public void Descriptors_that_are_not_for_us_are_left_alone(string count, string? pid) =>
        Read(("LISTEN_FDS", count), ("LISTEN_PID", pid), ("LISTEN_FDNAMES", "api")).Descriptors.ShouldBeEmpty();

    [Fact]
    public void The_journals_stream_is_taken_as_it_is() => Read(("JOURNAL_STREAM", "8:12345")).JournalStream.ShouldBe("8:12345");

    private static ServiceEnvironment Read(params (string Name, string? Value)[] variables) =>
        ServiceEnvironment.Read(name => variables.FirstOrDefault(one => one.Name == name).Value, Self);
}
