using CsCheck;
using Microsoft.Extensions.Logging;
using NodeAgent.Logging;

namespace NodeAgent.Tests.Logging;

public sealed class JournalEntryTests
{
    [Fact]
    public void An_entry_carries_what_one_looks_for_by_its_own_name_and_the_rest_by_ours()
    {
        var id = Guid.NewGuid();
        var fields = Parse(new LogEntry(default, LogLevel.Warning, "NodeAgent.Vms", "VM web: it stopped")
        {
            Fields =
            [
                new("VmId", id), new("VmName", "web"), new("OperationId", "op"), new("RequestId", "rq"),
                new("Event", "vm.stopped"), new("Milliseconds", 1.5),
            ],
        });

        fields.ShouldBe(new Dictionary<string, string>
        {
            ["MESSAGE"] = "VM web: it stopped",
            ["PRIORITY"] = "4",
            ["SYSLOG_IDENTIFIER"] = "nodeagentd",
            ["NODEAGENT_CATEGORY"] = "Vms",
            ["VM_ID"] = $"{id}",
            ["VM_NAME"] = "web",
            ["OPERATION_ID"] = "op",
            ["REQUEST_ID"] = "rq",
            ["NODEAGENT_EVENT"] = "vm.stopped",
            ["NODEAGENT_MILLISECONDS"] = "1.5",
        });
    }

    [Theory]
    [InlineData("operationId", "OPERATION_ID")]
    [InlineData("requestId", "REQUEST_ID")]
    [InlineData("vmId", "VM_ID")]
    [InlineData("_event", "NODEAGENT_EVENT")]
    [InlineData("@event", "NODEAGENT_EVENT")]
    public void What_is_logged_under_the_name_of_a_parameter_has_the_same_field(string name, string field) =>
        Parse(new LogEntry(default, LogLevel.Information, "NodeAgent.Hypervisor.Vms.Vm", "hello") { Fields = [new(name, "it")] }).ShouldContainKeyAndValue(field, "it");

    [Fact]
    public void An_exception_has_a_field_of_its_own_and_is_named_in_the_message()
    {
        var fields = Parse(new LogEntry(default, LogLevel.Error, "NodeAgent.X", "failed") { Error = new InvalidOperationException("why\nthat") });

        fields["MESSAGE"].ShouldBe("failed | InvalidOperationException: why\\nthat");
        fields["NODEAGENT_EXCEPTION"].ShouldBe("System.InvalidOperationException: why\nthat");
        fields["PRIORITY"].ShouldBe("3");
    }

    [Fact]
    public void A_field_of_the_framework_is_not_taken_for_ours() =>
        Parse(new LogEntry(default, LogLevel.Warning, "Microsoft.AspNetCore.X", "hello") { Fields = [new("RequestId", "0HN:1")] })
            .ShouldContainKeyAndValue("NODEAGENT_REQUEST_ID", "0HN:1");

    [Fact]
    public void No_value_and_no_name_can_forge_a_field() =>
        Gen.Select(Gen.String, Gen.String, Gen.String).Sample((message, name, value) =>
        {
            var fields = Parse(new LogEntry(default, LogLevel.Information, "NodeAgent.X", message) { Fields = [new(name, value + "\nVM_ID=forged")] });

            fields.Count.ShouldBe(5);
            fields.ShouldNotContainKey("VM_ID");
            fields.Keys.ShouldAllBe(key => key.Length <= 64 && key.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_') && key[0] != '_');
        });

    private static Dictionary<string, string> Parse(LogEntry entry) => JournalFields.Parse(JournalEntry.Of(entry));
}
