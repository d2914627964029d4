using CsCheck;
using NodeAgent.Rpc;

namespace NodeAgent.Tests.Rpc;

public sealed class PageTokenTests
{
    [Fact]
    public void A_token_tells_its_key_to_its_own_query_only() => Gen.Select(Gen.String, Gen.String, Gen.String[1, 20]).Sample((query, other, key) =>
    {
        // Not every string is text: half a surrogate does not survive UTF-8.
        if (key.Any(char.IsSurrogate))
        {
            return;
        }

        var token = PageToken.Write(query, key);

        PageToken.Read(query, token).ShouldBe(key);
        token.ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || c == '-' || c == '_');
        if (query != other)
        {
            Should.Throw<RpcRefusal>(() => PageToken.Read(other, token));
        }
    });

    [Fact]
    public void No_token_makes_it_fail_otherwise() => Gen.String[1, 50].Sample(token => Should.Throw<RpcRefusal>(() => PageToken.Read("", token)));

    [Fact]
    public void The_first_page_has_none() => PageToken.Read("x", "").ShouldBeNull();

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void A_number_comes_back(string key, long expected) => PageToken.ReadNumber("x", PageToken.Write("x", key)).ShouldBe(expected);

    // Whoever knows the hash can put anything behind it.
    [Theory]
    [InlineData("web")]
    [InlineData("-1")]
    [InlineData(" 1")]
    [InlineData("9223372036854775808")]
    public void What_is_no_number_is_no_token_of_a_list_by_numbers(string key) =>
        Should.Throw<RpcRefusal>(() => PageToken.ReadNumber("x", PageToken.Write("x", key))).Violations[0].Field.ShouldBe("page_token");

    [Theory]
    [InlineData(0, 100)]
    [InlineData(1, 1)]
    [InlineData(1000, 1000)]
    [InlineData(5000, 1000)]
    public void Sizes(int asked, int expected) => PageToken.Size(asked).ShouldBe(expected);

    [Fact]
    public void A_negative_size_is_refused() => Should.Throw<RpcRefusal>(() => PageToken.Size(-1)).Violations[0].Field.ShouldBe("page_size");
}
