using System.Text.Json;
using NodeAgent.Cli.Errors;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Vms;

public sealed class VmTicketTest
{
    [Fact]
    public async Task A_ticket_alone_goes_to_standard_output()
    {
        await using var agent = await StartAsync();
        var result = (await agent.RunAsync("vm", "ticket", "web", "--console", "--read-only", "--lifetime", "5m")).ShouldEndWith(ExitCode.Ok);
        result.Out.ShouldBe("t1cket\n");
        result.Error.ShouldStartWith("Opens the console of web once, until ");
        var request = agent.Vms.Last<CreateAccessTicketRequest>();
        request.Kind.ShouldBe(AccessKind.Console);
        request.ReadOnly.ShouldBeTrue();
        request.Lifetime.ToTimeSpan().ShouldBe(TimeSpan.FromMinutes(5));
        request.RequestId.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task All_of_it_is_there_for_programs()
    {
        await using var agent = await StartAsync();
        var ticket = JsonDocument.Parse((await agent.RunAsync("vm", "ticket", "web", "--display", "-o", "json")).ShouldEndWith(ExitCode.Ok).Out).RootElement;
        ticket.GetProperty("ticket").GetString().ShouldBe("t1cket");
        ticket.GetProperty("kind").GetString().ShouldBe("ACCESS_KIND_DISPLAY");
        ticket.GetProperty("expireTime").GetString().ShouldBe("2027-01-15T08:00:00Z");
        agent.Vms.Last<CreateAccessTicketRequest>().Lifetime.ShouldBeNull();
    }

    [Theory]
    [InlineData]
    [InlineData("--console", "--display")]
    public async Task What_it_is_for_must_be_said(params string[] kinds)
    {
        await using var agent = await StartAsync();
        (await agent.RunAsync(["vm", "ticket", "web", .. kinds])).ShouldEndWith(ExitCode.Usage).Error.ShouldContain("--console or --display");
    }

    [Fact]
    public async Task A_console_takes_a_ticket_from_the_command_line_the_environment_or_the_first_line_of_its_input()
    {
        await using var agent = await StartAsync();
        agent.Vms.ConsoleInputs = 1;
        var input = CliInput.Typed("ls\n") with { Environment = new() { ["NODECTL_TICKET"] = "from-the_environment" } };
        await UseAsync(input);
        await UseAsync(CliInput.Typed("ls\n") with { Environment = input.Environment }, "--ticket", "given");
        await UseAsync(CliInput.Typed("typed\r\nls\n"), "--ticket", "-");
        await UseAsync(CliInput.Typed("ls\n"));
        agent.Vms.Tickets.ShouldBe(["from-the_environment", "given", "typed", ""]);

        async Task UseAsync(CliInput typed, params string[] more) =>
            (await agent.RunAsync(typed, ["vm", "console", "web", "--linger", "1m", .. more])).ShouldEndWith(ExitCode.Ok).Out.ShouldBe("<ls\n>");
    }

    [Theory]
    [InlineData("not a ticket")]
    [InlineData("t\u00e9")]
    [InlineData("-")]
    public async Task What_cannot_be_one_is_not_sent(string ticket)
    {
        await using var agent = await StartAsync();
        (await agent.RunAsync("vm", "console", "web", "--ticket", ticket)).ShouldEndWith(ExitCode.Usage).Error.ShouldContain("given as a ticket is none");
        agent.Vms.Tickets.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("console")]
    [InlineData("display")]
    public async Task One_that_is_refused_says_what_would_help(string verb)
    {
        await using var agent = await StartAsync();
        var error = (await agent.RunAsync("vm", verb, "web", "--ticket", "used")).ShouldEndWith(ExitCode.Permission).Error;
        error.ShouldContain("The ticket was used before. [UNAUTHENTICATED]");
        error.ShouldContain("nodectl vm ticket");
        error.ShouldNotContain("policy.conf");
    }

    private static async Task<FakeAgent> StartAsync()
    {
        var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web", VmState.Running);
        return agent;
    }
}
