using NodeAgent.Cli.Audit;
using NodeAgent.Cli.Errors;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Audit;

public sealed class AuditTest
{
    [Fact]
    public async Task A_whole_log_is_called_whole_and_its_head_printed()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Audit.Add(2_500);

        var result = (await agent.RunAsync("audit", "verify")).ShouldEndWith(ExitCode.Ok);

        result.Out.ShouldContain("The audit log is whole: 2500 records, 1 to 2500.");
        var head = (await agent.RunAsync("audit", "head")).ShouldEndWith(ExitCode.Ok).Out.Trim();
        result.Out.ShouldContain(head);
        head.ShouldBe($"2500:{RecordHash.Hex(agent.Audit.All[^1].Hash)}");
    }

    [Fact]
    public async Task A_log_that_is_empty_or_trimmed_is_whole_too()
    {
        await using var agent = await FakeAgent.StartAsync();
        (await agent.RunAsync("audit", "verify")).ShouldEndWith(ExitCode.Ok).Out.ShouldContain("no records");
        agent.Audit.AnchorSequence = 40;
        agent.Audit.AnchorHash = Google.Protobuf.ByteString.CopyFrom([.. Enumerable.Repeat((byte)7, 32)]);
        agent.Audit.Add(3);

        (await agent.RunAsync("audit", "verify")).ShouldEndWith(ExitCode.Ok).Out.ShouldContain("3 records, 41 to 43.");
    }

    public static TheoryData<string, long, string> Breaks => new()
    {
        { "changed", 5, "its hash is not the one that it must have" },
        { "changed-with-hash", 6, "its hash is not the one that it must have" },
        { "removed", 5, "it is missing" },
        { "swapped", 5, "its hash is not the one that it must have" },
        { "put-in", 5, "its hash is not the one that it must have" },
        { "unreadable", 5, "it is unreadable" },
        { "cut-off", 8, "which the agent calls its newest" },
        { "begun-later", 1, "it and all up to 3 are missing" },
    };

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task A_break_is_found_and_named(string how, long where, string problem)
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Audit.Add(10);
        Break(agent.Audit, how);

        var result = (await agent.RunAsync("audit", "verify")).ShouldEndWith(ExitCode.Failed);

        result.Out.ShouldContain($"broken, first at record {where}:");
        result.Error.ShouldContain($"record {where}: ");
        result.Error.ShouldContain(problem);
    }

    [Fact]
    public async Task A_head_that_was_kept_shows_that_the_log_was_written_anew_or_cut_off()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Audit.Add(10);
        var kept = (await agent.RunAsync("audit", "head")).Out.Trim();
        agent.Audit.Add(5);
        (await agent.RunAsync("audit", "verify", "--since", kept)).ShouldEndWith(ExitCode.Ok).Out.ShouldContain("5 records, 11 to 15");

        // Whoever may write the file can make a chain that is whole in itself.
        Rewrite(agent.Audit, from: 4);
        (await agent.RunAsync("audit", "verify")).ShouldEndWith(ExitCode.Ok);
        (await agent.RunAsync("audit", "verify", "--since", kept)).ShouldEndWith(ExitCode.Failed).Error.ShouldContain("record 10: it is not the one that was kept");

        agent.Audit.All.RemoveRange(8, 7);
        (await agent.RunAsync("audit", "verify")).ShouldEndWith(ExitCode.Ok);
        (await agent.RunAsync("audit", "verify", "--since", kept)).ShouldEndWith(ExitCode.Failed).Error.ShouldContain("record 9: it is missing, and all up to 10, which was kept");
    }

    [Fact]
    public async Task A_kept_head_that_is_none_or_was_trimmed_is_told_as_such()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Audit.AnchorSequence = 40;
        agent.Audit.Add(3);
        var hash = new string('0', 64);

        (await agent.RunAsync("audit", "verify", "--since", "12")).ShouldEndWith(ExitCode.Usage);
        (await agent.RunAsync("audit", "verify", "--since", $"12:{hash}")).ShouldEndWith(ExitCode.Failed).Error.ShouldContain("record 12 was trimmed");
        (await agent.RunAsync("audit", "verify", "--since", $"40:{hash}")).ShouldEndWith(ExitCode.Ok);
    }

    [Fact]
    public async Task Records_are_listed_newest_last_and_chosen()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Audit.Add(150);

        (await agent.RunAsync("audit", "list", "--tail", "2", "-o", "name")).ShouldEndWith(ExitCode.Ok).Out.ShouldBe("149\n150\n");
        (await agent.RunAsync("audit", "list", "--caller", "uid:0(root)", "--all", "-o", "name")).Out.TrimEnd().Split('\n').Length.ShouldBe(75);
        (await agent.RunAsync("audit", "list", "--after", "148", "-o", "name")).Out.ShouldBe("149\n150\n");
        (await agent.RunAsync("audit", "list", "--tail", "1")).Out.ShouldContain("VmService/StartVm");
    }

    [Fact]
    public async Task What_is_left_out_unasked_is_told_and_a_range_of_time_is_shown_whole()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Audit.Add(150);

        (await agent.RunAsync("audit", "list")).ShouldEndWith(ExitCode.Ok).Error.ShouldContain("There are older ones: --all");
        (await agent.RunAsync("audit", "list", "--tail", "100")).Error.ShouldBeEmpty();
        (await agent.RunAsync("audit", "list", "--all")).Error.ShouldBeEmpty();
        (await agent.RunAsync("audit", "list", "--last", "1000000h", "-o", "name")).Out.TrimEnd().Split('\n').Length.ShouldBe(150);
    }

    private static void Break(FakeAudit audit, string how)
    {
        var all = audit.All;
        switch (how)
        {
            case "changed":
                all[4].Caller = "nobody";
                break;
            case "changed-with-hash":
                all[4].Caller = "nobody";
                all[4].Hash = RecordHash.Of(all[3].Hash, all[4]);
                break;
            case "removed":
                all.RemoveAt(4);
                break;
            case "swapped":
                (all[4], all[5]) = (all[5], all[4]);
                (all[4].Sequence, all[5].Sequence) = (5, 6);
                break;
            case "put-in":
                var forged = all[4].Clone();
                all.Insert(4, forged);
                for (var i = 5; i < all.Count; i++)
                {
                    all[i].Sequence++;
                }

                forged.Caller = "nobody";
                break;
            case "unreadable":
                all[4] = new AuditRecord { Sequence = 5 };
                break;
            case "cut-off":
                audit.Head = new AuditHead { Sequence = 10, Hash = all[^1].Hash, OldestSequence = 1, AnchorHash = RecordHash.OfNothing };
                all.RemoveRange(7, 3);
                break;
            default:
                all.RemoveRange(0, 3);
                break;
        }
    }

    private static void Rewrite(FakeAudit audit, int from)
    {
        audit.All[from].Caller = "nobody";
        for (var i = from; i < audit.All.Count; i++)
        {
            audit.All[i].Hash = RecordHash.Of(audit.All[i - 1].Hash, audit.All[i]);
        }
    }
}
