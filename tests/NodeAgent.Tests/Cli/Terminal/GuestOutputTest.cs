using System.Text;
using NodeAgent.Cli.Terminal;

namespace NodeAgent.Tests.Cli.Terminal;

public sealed class GuestOutputTest
{
    [Theory]
    [InlineData("plain\r\n\ttext äö", "plain\r\n\ttext äö")]
    [InlineData("\u001b[1;31mred\u001b[0m", "\u001b[1;31mred\u001b[0m")]
    [InlineData("a\u001b[2Jb\u001b[10;10Hc", "abc")]
    [InlineData("a\u001b]0;title\ab", "a0;titleb")]
    [InlineData("a\u001b\u001bcb", "acb")]
    [InlineData("a\0\u0007\u007fb", "ab")]
    public void Only_colours_get_through(string said, string shown) =>
        Encoding.UTF8.GetString(new GuestOutput().Filter(Encoding.UTF8.GetBytes(said))).ShouldBe(shown);

    [Fact]
    public void A_sequence_that_was_cut_in_two_is_still_one()
    {
        var filter = new GuestOutput();
        var bytes = Encoding.UTF8.GetBytes("x\u001b[31my\u001b[2Jz");
        Encoding.UTF8.GetString([.. bytes.SelectMany(b => filter.Filter([b]))]).ShouldBe("x\u001b[31myz");
    }

    [Fact]
    public void A_sequence_without_end_is_dropped() =>
        Encoding.UTF8.GetString(new GuestOutput().Filter(Encoding.UTF8.GetBytes("\u001b[" + new string('1', 100) + "m"))).ShouldNotContain("\u001b");
}
