using System.Text;
using NodeAgent.Hypervisor.Consoles;

namespace NodeAgent.Tests.Hypervisor.Consoles;

public sealed class ConsoleHistoryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_end_of_the_output_is_kept_and_never_more_than_was_asked_for()
    {
        var history = new ConsoleHistory(_directory.Path, 100);
        var all = new StringBuilder();
        for (var i = 0; i < 50; i++)
        {
            history.Append(Encoding.ASCII.GetBytes($"line {i}\n"));
            all.Append($"line {i}\n");
            var kept = Encoding.ASCII.GetString(history.Read());
            kept.Length.ShouldBeLessThanOrEqualTo(100);
            all.ToString().ShouldEndWith(kept);
        }

        history.Read().Length.ShouldBeGreaterThan(50);
        Encoding.ASCII.GetString(history.Read(8)).ShouldBe("line 49\n");
    }

    [Fact]
    public void What_is_kept_outlives_whoever_wrote_it()
    {
        new ConsoleHistory(_directory.Path, 100).Append("before"u8);

        Encoding.ASCII.GetString(new ConsoleHistory(_directory.Path, 100).Read()).ShouldBe("before");
    }

    [Fact]
    public void Output_larger_than_all_that_is_kept_leaves_its_end()
    {
        var history = new ConsoleHistory(_directory.Path, 20);

        history.Append("0123456789abcdefghij0123456789"u8);

        Encoding.ASCII.GetString(history.Read()).ShouldBe("0123456789");
    }

    [Fact]
    public void A_place_that_takes_nothing_costs_the_output_and_is_counted()
    {
        var file = Path.Combine(_directory.Path, "file");
        File.WriteAllText(file, "in the way");
        var history = new ConsoleHistory(file, 100);

        history.Append("lost"u8);

        history.DroppedBytes.ShouldBe(4);
        history.Read().ShouldBeEmpty();
    }

    [Fact]
    public void Another_limit_keeps_the_end_and_what_comes_after_it()
    {
        var history = new ConsoleHistory(_directory.Path, 100);
        history.Append("0123456789abcdefghij0123456789ABCDEFGHIJ"u8);

        history.Limit(20);
        Encoding.ASCII.GetString(history.Read()).ShouldBe("0123456789ABCDEFGHIJ");
        history.Append("xyz"u8);
        Encoding.ASCII.GetString(history.Read()).ShouldBe("ABCDEFGHIJxyz");

        history.Limit(100);
        history.Append("0123456789abcdefghij"u8);
        Encoding.ASCII.GetString(history.Read()).ShouldBe("ABCDEFGHIJxyz0123456789abcdefghij");
    }
}
