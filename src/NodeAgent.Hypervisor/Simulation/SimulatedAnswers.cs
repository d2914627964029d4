namespace NodeAgent.Hypervisor.Simulation;

/// <summary>What a simulated guest's monitor answers to each command, as JSON without the id.</summary>
internal sealed class SimulatedAnswers(SimulatedGuest guest)
{
    private const string Nothing = """{"return": {}}""";

    /// <summary>Does what the command says, and answers it. To end the guest is the caller's, once the answer is sent.</summary>
    public string To(string command)
    {
        switch (command)
        {
            case "cont":
                return guest.Continue() ? Nothing : Refusal("GenericError", "Resetting the Virtual Machine is required");
            case "stop":
                guest.Stop();
                return Nothing;
            case "system_powerdown":
                guest.PressPowerButton();
                return Nothing;
            case "system_reset":
                guest.Reset();
                return Nothing;
            case "qmp_capabilities" or "quit" or "send-key" or "inject-nmi" or "migrate_cancel":
                return Nothing;
            default:
                return Query(command) is { } answer
                    ? $$"""{"return": {{answer}}}"""
                    : Refusal("CommandNotFound", $"the guest is simulated, and {command} is not");
        }
    }

    private static string Refusal(string kind, string description) => $$$"""{"error": {"class": "{{{kind}}}", "desc": "{{{description}}}"}}""";

    private string? Query(string command) => command switch
    {
        "query-status" => guest.State is var state ? $$"""{"status": "{{state}}", "running": {{(state == "running" ? "true" : "false")}}, "singlestep": false}""" : null,
        "query-uuid" => $$"""{"UUID": "{{guest.Id}}"}""",
        "query-cpus-fast" => $"[{string.Join(',', Enumerable.Range(0, guest.Figures.Vcpus).Select(Vcpu))}]",
        "query-blockstats" => $"[{string.Join(',', guest.Boot.Devices.Where(device => device.Driver.StartsWith("virtio-blk", StringComparison.Ordinal)).Select((device, index) => Disk(device.DeviceId, index)))}]",

        // A save is refused at its first step; taking it back is not, or the guest would stay paused.
        "query-migrate" => "{}",
        "query-balloon" => $$"""{"actual": {{guest.Figures.BalloonBytes}} }""",
        _ => null,
    };

    private static string Vcpu(int index) => $$"""
        {"cpu-index": {{index}}, "qom-path": "/machine/unattached/device[{{index}}]", "thread-id": {{SimulatedFigures.ThreadOf(index)}}, "target": "x86_64"}
        """;

    private string Disk(string device, int index)
    {
        var (operations, bytes) = guest.Figures.Traffic(guest.Ran, index);
        return $$"""
            {"qdev": "/machine/peripheral/{{device}}/virtio-backend", "stats": {
              "rd_bytes": {{bytes}}, "wr_bytes": {{bytes / 2}}, "rd_operations": {{operations}}, "wr_operations": {{operations / 2}}, "flush_operations": {{operations / 8}},
              "rd_total_time_ns": {{operations * 100_000}}, "wr_total_time_ns": {{operations * 50_000}}, "flush_total_time_ns": {{operations * 50_000}} } }
            """.ReplaceLineEndings(" ");
    }
}
