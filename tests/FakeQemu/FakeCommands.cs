using System.Reflection;
using System.Text.Json.Nodes;

namespace FakeQemu;

/// <summary>What each command does and answers: the machine's own state, or what <c>answers.json</c> says.</summary>
internal sealed class FakeCommands(FakeMachine machine)
{
    private static readonly JsonObject Answers = LoadAnswers();

    private static readonly string[] Actions =
    [
        "qmp_capabilities", "cont", "stop", "system_powerdown", "system_reset", "quit", "query-status", "query-uuid",
        "query-name", "query-cpus-fast", "query-kvm", "query-blockstats", "query-commands", "device-list-properties",
        "query-cpu-model-expansion", "query-balloon", "migrate", "migrate-incoming", "migrate_cancel", "query-migrate",
        "migrate-set-capabilities", "migrate-set-parameters", "getfd", "closefd",
    ];

    /// <summary>Whether a command may be executed out of band.</summary>
    public static bool AllowsOutOfBand(string name) => name is "yank" or "query-yank";

    /// <summary>Does it, and returns the whole reply without its id.</summary>
    public JsonObject Execute(string name, JsonObject arguments)
    {
        switch (name)
        {
            case "cont":
                return machine.Continue() is { } refusal ? Error("GenericError", refusal) : Return(new JsonObject());
            case "stop":
                machine.Stop();
                return Return(new JsonObject());
            case "system_powerdown":
                machine.Powerdown();
                return Return(new JsonObject());
            case "migrate" or "migrate-incoming":
                machine.Migration.Begin();
                return Return(new JsonObject());
            case "migrate_cancel":
                machine.Migration.Cancel();
                return Return(new JsonObject());
            case "migrate-set-capabilities" or "migrate-set-parameters" or "getfd" or "closefd":
                return Return(new JsonObject());
            case "system_reset":
                machine.Reset(byGuest: false);
                return Return(new JsonObject());
            case "quit":
                machine.Quit("host-qmp-quit");
                return Return(new JsonObject());
            case "device-list-properties":
                string type = (string?)arguments["typename"] ?? "";
                return Answers[name]![type] is { } properties
                    ? Return(properties.DeepClone())
                    : Error("DeviceNotFound", $"Device '{type}' not found");
            case "query-balloon":
                return Error("DeviceNotActive", "No balloon device has been activated");
            default:
                return Query(name, arguments) is { } answer
                    ? Return(answer)
                    : Error("CommandNotFound", $"The command {name} has not been found");
        }
    }

    public static JsonObject Error(string errorClass, string description) => new()
    {
        ["error"] = new JsonObject { ["class"] = errorClass, ["desc"] = description },
    };

    private static JsonObject Return(JsonNode value) => new() { ["return"] = value };

    private JsonNode? Query(string name, JsonObject arguments) => name switch
    {
        "query-status" => new JsonObject
        {
            ["status"] = machine.State,
            ["singlestep"] = false,
            ["running"] = machine.IsRunning,
        },
        "query-migrate" => machine.Migration.Describe(),
        "query-uuid" => new JsonObject { ["UUID"] = machine.Arguments.Uuid.ToString() },
        "query-name" => machine.Arguments.Name is { } named ? new JsonObject { ["name"] = named } : new JsonObject(),
        "query-kvm" => new JsonObject { ["enabled"] = machine.Arguments.UsesKvm, ["present"] = true },
        "query-cpus-fast" => new JsonArray([.. Enumerable.Range(0, machine.Arguments.Vcpus).Select(Vcpu)]),
        "query-blockstats" => new JsonArray([.. machine.Arguments.Disks.Select(BlockStats)]),
        "query-commands" => new JsonArray([.. Actions.Concat(Answers.Select(answer => answer.Key)).Distinct().Select(Named)]),
        "query-cpu-model-expansion" => new JsonObject
        {
            ["model"] = new JsonObject
            {
                ["name"] = arguments["model"]?["name"]?.DeepClone(),
                ["props"] = Answers[name]!.DeepClone(),
            },
        },
        _ => Answers[name]?.DeepClone(),
    };

    private static JsonNode Named(string name) => new JsonObject { ["name"] = name };

    private static JsonNode Vcpu(int index) => new JsonObject
    {
        ["thread-id"] = Environment.ProcessId,
        ["props"] = new JsonObject { ["socket-id"] = 0, ["core-id"] = index, ["thread-id"] = 0 },
        ["qom-path"] = $"/machine/unattached/device[{index}]",
        ["cpu-index"] = index,
        ["target"] = "x86_64",
    };

    private static JsonNode BlockStats((string Id, string Node) disk)
    {
        var stats = new JsonObject { ["timed_stats"] = new JsonArray(), ["account_invalid"] = true, ["account_failed"] = true };
        foreach (string verb in (ReadOnlySpan<string>)["rd", "wr", "flush", "unmap"])
        {
            stats[$"{verb}_operations"] = 0;
            stats[$"{verb}_total_time_ns"] = 0;
            stats[$"failed_{verb}_operations"] = 0;
            stats[$"invalid_{verb}_operations"] = 0;
            if (verb != "flush")
            {
                stats[$"{verb}_bytes"] = 0;
                stats[$"{verb}_merged"] = 0;
            }
        }

        stats["wr_highest_offset"] = 0;
        return new JsonObject
        {
            ["device"] = "",
            ["stats"] = stats,
            ["node-name"] = disk.Node,
            ["qdev"] = $"/machine/peripheral/{disk.Id}/virtio-backend",
        };
    }

    private static JsonObject LoadAnswers()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("answers.json")!;
        return JsonNode.Parse(stream)!.AsObject();
    }
}
