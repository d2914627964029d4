using System.Net.Sockets;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Systemd;

/// <summary>Whom the watchdog asks: those loops without which the agent serves nobody.</summary>
internal static class LifeProbes
{
    private static readonly TimeSpan LoopPatience = TimeSpan.FromSeconds(30);

    // A sync may take long on a sick disk, and a new agent would meet the same disk.
    private static readonly TimeSpan WriterPatience = TimeSpan.FromMinutes(2);

    // What a client sends first (RFC 9113, 3.4): the preface and an empty SETTINGS frame.
    private static readonly byte[] s_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"u8.ToArray();

    /// <summary>The probes of a node.</summary>
    /// <param name="ledger">Its writer is asked for a sign; nothing is written, so a full disk does not matter.</param>
    /// <param name="registry">Its VMs are listed and its feed entered; no VM is asked anything.</param>
    /// <param name="apiSocket">A client knocks on it.</param>
    /// <param name="time">The clock.</param>
    public static IReadOnlyList<LifeProbe> Of(NodeLedger ledger, VmRegistry registry, string apiSocket, TimeProvider time) =>
    [
        new("the ledger's writer", WriterPatience, time, ledger.ProveAliveAsync),
        new("the feed of the VMs", LoopPatience, time, () => EnterAsync(registry)),
        new("the API's socket", LoopPatience, time, () => KnockAsync(apiSocket, time)),
    ];

    private static async Task EnterAsync(VmRegistry registry)
    {
        _ = registry.List();
        await foreach (var _ in registry.Feed.Watch())
        {
            return;
        }
    }

    // Any answer will do, that of a door which is closed to one more client too: it shows that somebody is at the door.
    private static async Task KnockAsync(string path, TimeProvider time)
    {
        using var patience = new CancellationTokenSource(LoopPatience, time);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), patience.Token);
        try
        {
            await socket.SendAsync(s_preface, patience.Token);
            await socket.ReceiveAsync(new byte[64], patience.Token);
        }
        catch (SocketException answer) when (answer.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted)
        {
            // Closed, by somebody.
        }
    }
}
