using System.Net;
using System.Net.Sockets;
using NodeAgent.Security;

namespace NodeAgent.Tests.Security;

public sealed class SourceNetworkTests
{
    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:3::1", "2001:db8:1:3::/64")]
    [InlineData("fe80::1%1", "fe80::/64")]
    public void An_address_is_one_place_and_of_ipv6_its_network(string address, string named) =>
        SourceNetwork.Of(new IPEndPoint(IPAddress.Parse(address), 40_000)).ShouldBe(named);

    [Fact]
    public void What_is_no_address_has_no_name() => SourceNetwork.Of(new UnixDomainSocketEndPoint("/run/a")).ShouldBe("");
}
