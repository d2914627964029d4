using System.Text;

namespace NodeAgent.FunctionalTests.Agents;

/// <summary>What a test's agent is told beyond its directories.</summary>
internal sealed record AgentConfiguration
{
    /// <summary>A QEMU other than the installed one.</summary>
    public string? QemuBinary { get; init; }

    /// <summary>Another device than /dev/kvm, or one that is not there.</summary>
    public string? KvmDevice { get; init; }

    /// <summary>How long a command to QEMU may take.</summary>
    public string CommandTimeout { get; init; } = "5s";

    /// <summary>How long the start of a QEMU may take.</summary>
    public string StartTimeout { get; init; } = "30s";

    /// <summary>How often the guests' statistics are sampled.</summary>
    public string SampleInterval { get; init; } = "1s";

    /// <summary>A directory for the ledger other than the test's own.</summary>
    public string? StateDirectory { get; init; }

    /// <summary>A run directory other than the test's own.</summary>
    public string? RunDirectory { get; init; }

    /// <summary>More lines, each under its section.</summary>
    public IReadOnlyDictionary<string, string> More { get; init; } = new Dictionary<string, string>();

    /// <summary>The file's text.</summary>
    public string ToIni(params string[] imageRoots)
    {
        var text = new StringBuilder();
        text.AppendLine("[agent]").AppendLine(More.GetValueOrDefault("agent"));
        text.AppendLine("[metrics]").AppendLine($"sample_interval = {SampleInterval}").AppendLine(More.GetValueOrDefault("metrics"));
        text.AppendLine("[qemu]");
        if (QemuBinary is not null)
        {
            text.AppendLine($"binary = {QemuBinary}");
        }

        text.AppendLine($"image_roots = {string.Join(", ", imageRoots)}");
        text.AppendLine($"command_timeout = {CommandTimeout}").AppendLine($"start_timeout = {StartTimeout}").AppendLine(More.GetValueOrDefault("qemu"));
        text.AppendLine("[kvm]").AppendLine(KvmDevice is null ? "" : $"device = {KvmDevice}");
        text.AppendLine("[limits]").AppendLine(More.GetValueOrDefault("limits"));
        text.AppendLine("[remote]").AppendLine(More.GetValueOrDefault("remote"));
        text.AppendLine("[access]").AppendLine(More.GetValueOrDefault("access"));
        text.AppendLine("[autostart]").AppendLine(More.GetValueOrDefault("autostart"));
        return text.ToString();
    }
}
