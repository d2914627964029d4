using System.Diagnostics;
using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Bus;

/// <summary>
/// One life of the native connection, from its start until it breaks. Used only on the thread of the bus. Messages are
/// pumped and told apart here; libsystemd is given no callbacks, so that no native code ever calls ours.
/// </summary>
internal sealed unsafe class BusSession : IDisposable
{
    /// <summary>Most requests that may wait for their answers.</summary>
    private const int MaxPending = 4096;

    // A bus that always has more to say must not keep what was posted waiting.
    private const int MessagesBeforeYield = 64;

    private const int NoSuchMethod = 22, Interrupted = -4;

    private readonly Dictionary<ulong, PendingCall> _pending = [];
    private readonly Action<string, BusSignal> _onSignal;
    private nint _bus;

    private BusSession(nint bus, Action<string, BusSignal> onSignal)
    {
        _bus = bus;
        _onSignal = onSignal;
    }

    /// <summary>Begins to connect; never waits for the peer.</summary>
    /// <param name="address">Address of the bus; <c>null</c> is the system bus.</param>
    /// <param name="onSignal">Told of each signal with its sender's unique name.</param>
    /// <exception cref="BusException">Nobody listens there.</exception>
    public static BusSession Start(string? address, Action<string, BusSignal> onSignal)
    {
        if (address is null)
        {
            BusException.Check(LibSystemd.sd_bus_open_system(out var system), "sd_bus_open_system");
            return new BusSession(system, onSignal);
        }

        BusException.Check(LibSystemd.sd_bus_new(out var bus), "sd_bus_new");
        var session = new BusSession(bus, onSignal);
        try
        {
            BusException.Check(LibSystemd.sd_bus_set_address(bus, address), "sd_bus_set_address");
            BusException.Check(LibSystemd.sd_bus_set_bus_client(bus, 1), "sd_bus_set_bus_client");
            BusException.Check(LibSystemd.sd_bus_start(bus), "sd_bus_start");
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Authenticated, named and ready to carry requests.</summary>
    public bool IsReady => LibSystemd.sd_bus_is_ready(_bus) > 0;

    /// <summary>What to wait for: descriptor, events of poll(2), milliseconds (negative: for ever).</summary>
    public (int Descriptor, short Events, int Milliseconds) Interest
    {
        get
        {
            var descriptor = LibSystemd.sd_bus_get_fd(_bus);
            var events = LibSystemd.sd_bus_get_events(_bus);
            if (descriptor < 0 || events < 0 || LibSystemd.sd_bus_get_timeout(_bus, out var until) < 0)
            {
                return (-1, 0, 0);
            }

            if (until == ulong.MaxValue)
            {
                return (descriptor, (short)events, -1);
            }

            // The library's own clock (CLOCK_MONOTONIC in microseconds), which is the one behind Stopwatch.
            var now = (ulong)(Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency * 1e6);
            var left = until <= now ? 0 : Math.Min((until - now + 999) / 1000, 60_000);
            return (descriptor, (short)events, (int)left);
        }
    }

    /// <summary>Sends a request, or fails it.</summary>
    public void Send(PendingCall pending)
    {
        nint message = 0;
        try
        {
            if (_pending.Count >= MaxPending)
            {
                throw new BusException(BusFailure.Overloaded, $"{pending.Call}: {MaxPending} requests wait for an answer already");
            }

            var call = pending.Call;
            BusException.Check(
                LibSystemd.sd_bus_message_new_method_call(_bus, out message, call.Destination, call.Path, call.Interface, call.Member), $"{call}");
            pending.Write(new BusWriter(message));
            BusException.Check(LibSystemd.sd_bus_send(_bus, message, out var cookie), $"{call}");
            pending.Cookie = cookie;
            _pending.Add(cookie, pending);
        }
        catch (Exception refused) when (refused is BusException or ObjectDisposedException)
        {
            pending.Fail(refused);
        }
        finally
        {
            LibSystemd.sd_bus_message_unref(message);
        }
    }

    /// <summary>The caller waits no longer.</summary>
    public void Forget(PendingCall pending) => _pending.Remove(pending.Cookie);

    /// <summary>Handles what there is to handle.</summary>
    /// <returns>Whether there may be more at once; <c>null</c> when the connection has broken.</returns>
    public bool? Pump()
    {
        for (var count = 0; count < MessagesBeforeYield; count++)
        {
            var result = LibSystemd.sd_bus_process(_bus, out var message);
            if (result is < 0 and not Interrupted)
            {
                return null;
            }

            if (result <= 0)
            {
                return result == Interrupted;
            }

            if (message != 0)
            {
                Take(message);
                LibSystemd.sd_bus_message_unref(message);
            }
        }

        return true;
    }

    /// <summary>Fails what waits and closes; what was not sent yet is dropped, so that nothing blocks.</summary>
    public void Dispose()
    {
        if (_bus == 0)
        {
            return;
        }

        foreach (var pending in _pending.Values)
        {
            pending.Fail(BusException.Disconnected($"{pending.Call}", wasSent: true));
        }

        _pending.Clear();
        LibSystemd.sd_bus_close(_bus);
        LibSystemd.sd_bus_unref(_bus);
        _bus = 0;
    }

    private void Take(nint message)
    {
        if (LibSystemd.sd_bus_message_get_type(message, out var type) < 0)
        {
            return;
        }

        switch (type)
        {
            case LibSystemd.MethodReturn or LibSystemd.MethodError:
                TakeReply(message, type == LibSystemd.MethodError);
                break;
            case LibSystemd.Signal:
                var signal = new BusSignal(
                    TextAt(LibSystemd.sd_bus_message_get_path(message)),
                    TextAt(LibSystemd.sd_bus_message_get_interface(message)),
                    TextAt(LibSystemd.sd_bus_message_get_member(message)),
                    new BusReader(message));
                _onSignal(TextAt(LibSystemd.sd_bus_message_get_sender(message)), signal);
                break;
            case LibSystemd.MethodCall when LibSystemd.sd_bus_message_get_expect_reply(message) > 0:
                // We serve nothing; whoever asks anyhow should not wait for it.
                _ = LibSystemd.sd_bus_reply_method_errno(message, NoSuchMethod, 0);
                break;
            default:
                break;
        }
    }

    private void TakeReply(nint message, bool isError)
    {
        // A reply that nobody waits for any more is dropped here.
        if (LibSystemd.sd_bus_message_get_reply_cookie(message, out var cookie) < 0 || !_pending.Remove(cookie, out var pending))
        {
            return;
        }

        if (!isError)
        {
            pending.Return(new BusReader(message));
            return;
        }

        // The error belongs to the message, which we hold until we return.
        var error = LibSystemd.sd_bus_message_get_error(message);
        pending.Fail(BusException.FromError(
            $"{pending.Call}", error is null ? "" : TextAt(error[0]), error is null ? "" : TextAt(error[1])));
    }

    // The text belongs to the message, which outlives this copy.
    private static string TextAt(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
