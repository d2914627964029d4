using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Transport;

namespace NodeAgent.Tests.Cli.Transport;

public sealed class HostAddressTest
{
    [Theory]
    [InlineData("unix:/run/a.sock", "/run/a.sock")]
    [InlineData("unix:///run/a.sock", "/run/a.sock")]
    [InlineData("unix:a.sock", "a.sock")]
    public void A_unix_socket_is_understood(string text, string path) => HostAddress.Parse(text).ShouldBe(new UnixAddress(path));

    [Theory]
    [InlineData("node7:9465", "node7", 9465)]
    [InlineData("192.0.2.7:1", "192.0.2.7", 1)]
    [InlineData("[2001:db8::7]:65535", "2001:db8::7", 65535)]
    public void A_node_elsewhere_is_understood(string text, string host, int port)
    {
        HostAddress.Parse(text).ShouldBe(new RemoteAddress(host, port));
        HostAddress.Parse(text).ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("unix:")]
    [InlineData("/run/a.sock")]
    [InlineData("https://host:1")]
    [InlineData("host")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:http")]
    [InlineData(":1")]
    [InlineData("2001:db8::7:1")]
    [InlineData("[host]:1")]
    public void Anything_else_is_a_usage_error(string text) => Should.Throw<CommandException>(() => HostAddress.Parse(text)).ExitCode.ShouldBe(ExitCode.Usage);

    [Fact]
    public void A_path_that_no_socket_can_have_is_a_usage_error() =>
        Should.Throw<CommandException>(() => HostAddress.Parse("unix:/" + new string('a', 107))).ExitCode.ShouldBe(ExitCode.Usage);
}
