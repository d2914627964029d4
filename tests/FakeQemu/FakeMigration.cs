using System.Text.Json.Nodes;

namespace FakeQemu;

/// <summary>
/// A migration that moves nothing: .NET's sockets drop the descriptor that comes with <c>getfd</c>. It goes through QEMU's
/// states, tells of them, and ends as the script says.
/// </summary>
internal sealed class FakeMigration(FakeMachine machine)
{
    private string? _status;

    /// <summary>What the script has in store for it.</summary>
    public Fault? Trouble { get; set; }

    public void Begin()
    {
        Become("setup");
        Become("active");
        switch (Trouble?.Do)
        {
            case FaultKind.MigrationHangs:
                break;
            case FaultKind.MigrationFails:
                Become("failed");
                break;
            default:
                machine.EndMigration();
                Become("completed");
                break;
        }
    }

    public void Cancel()
    {
        if (_status is "setup" or "active")
        {
            Become("cancelling");
            Become("cancelled");
        }
    }

    public JsonObject Describe()
    {
        var info = new JsonObject();
        if (_status is not null)
        {
            info["status"] = _status;
            info["ram"] = new JsonObject { ["transferred"] = 1 << 20, ["remaining"] = 63 << 20, ["total"] = 64 << 20 };
        }

        if (_status == "failed")
        {
            info["error-desc"] = Trouble?.Description;
        }

        return info;
    }

    private void Become(string status)
    {
        _status = status;
        machine.Emit("MIGRATION", new JsonObject { ["status"] = status });
    }
}
