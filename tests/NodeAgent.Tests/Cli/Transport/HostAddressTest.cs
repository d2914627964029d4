using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Transport;

namespace NodeAgent.Tests.Cli.Transport;

public sealed class HostAddressTest
{
    [Theory]
    [InlineData("unix:/run/a.sock", "/run/a.sock")]
    [InlineData("unix:///run/a.sock", "/run/a.sock")]
    [InlineData("unix:a.sock", "a.sock")]
    public void A_unix_socket_is_understood(string text, string path) => HostAddress.Parse(text).SocketPath.ShouldBe(path);

    [Theory]
    [InlineData("")]
    [InlineData("unix:")]
    [InlineData("/run/a.sock")]
    [InlineData("https://host:1")]
    public void Anything_else_is_a_usage_error(string text) => Should.Throw<CommandException>(() => HostAddress.Parse(text)).ExitCode.ShouldBe(ExitCode.Usage);

    [Fact]
    public void A_path_that_no_socket_can_have_is_a_usage_error() =>
        Should.Throw<CommandException>(() => HostAddress.Parse("unix:/" + new string('a', 107))).ExitCode.ShouldBe(ExitCode.Usage);
}
