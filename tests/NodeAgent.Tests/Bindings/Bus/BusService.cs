using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using NodeAgent.Bindings.Bus;

namespace NodeAgent.Tests.Bindings.Bus;

/// <summary>A call that came in: what was asked, as text, and who asked.</summary>
internal sealed record ServiceCall(string Path, string Member, string Arguments, string Sender, nint Message);

/// <summary>A tiny service on a private bus, on a thread of its own. The test reads each call and answers it.</summary>
internal sealed class BusService : IAsyncDisposable
{
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Channel<ServiceCall> _calls = Channel.CreateUnbounded<ServiceCall>();
    private readonly WakeDescriptor _wake = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly nint _bus;
    private volatile bool _isStopping;

    public BusService(PrivateBus bus, string? name)
    {
        BusException.Check(LibSystemd.sd_bus_new(out _bus), "new");
        BusException.Check(LibSystemd.sd_bus_set_address(_bus, bus.Address), "address");
        BusException.Check(LibSystemd.sd_bus_set_bus_client(_bus, 1), "client");
        BusException.Check(LibSystemd.sd_bus_start(_bus), "start");
        if (name is not null)
        {
            OwnName(name);
        }

        new Thread(Run) { IsBackground = true, Name = "bus-service" }.Start();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The next call of this name; others before it (Subscribe, say) are answered with nothing.</summary>
    public async Task<ServiceCall> NextAsync(string member)
    {
        while (true)
        {
            var call = await _calls.Reader.ReadAsync(Ct).AsTask().WaitAsync(PrivateBus.Long, Ct);
            if (call.Member == member)
            {
                return call;
            }

            Answer(call, static _ => { });
        }
    }

    /// <summary>The next call, whatever it is.</summary>
    public async Task<ServiceCall> NextAsync(CancellationToken cancellationToken) => await _calls.Reader.ReadAsync(cancellationToken);

    public void Answer(ServiceCall call, Action<BusWriter> write) => Post(() =>
    {
        BusException.Check(NativeService.sd_bus_message_new_method_return(call.Message, out var reply), "method_return");
        Send(reply, write);
        LibSystemd.sd_bus_message_unref(call.Message);
    });

    public unsafe void Refuse(ServiceCall call, string name, string text) => Post(() =>
    {
        // struct sd_bus_error { const char *name; const char *message; int need_free; }, ours for the length of the call.
        var error = stackalloc nint[3];
        error[0] = Marshal.StringToCoTaskMemUTF8(name);
        error[1] = Marshal.StringToCoTaskMemUTF8(text);
        error[2] = 0;
        BusException.Check(NativeService.sd_bus_message_new_method_error(call.Message, out var reply, error), "method_error");
        Send(reply, static _ => { });
        Marshal.FreeCoTaskMem(error[0]);
        Marshal.FreeCoTaskMem(error[1]);
        LibSystemd.sd_bus_message_unref(call.Message);
    });

    /// <param name="signal">Path, interface and member.</param>
    /// <param name="write">The body.</param>
    /// <param name="destination">A unique name; everybody when <c>null</c>.</param>
    public void Emit((string Path, string Interface, string Member) signal, Action<BusWriter> write, string? destination = null) => Post(() =>
    {
        BusException.Check(NativeService.sd_bus_message_new_signal(_bus, out var message, signal.Path, signal.Interface, signal.Member), "new_signal");
        if (destination is not null)
        {
            BusException.Check(NativeService.sd_bus_message_set_destination(message, destination), "set_destination");
        }

        Send(message, write);
    });

    public void Take(string name) => Post(() => OwnName(name));

    public void Release(string name) => Post(() => BusException.Check(NativeService.sd_bus_release_name(_bus, name), "release_name"));

    /// <summary>Returns when the bus has taken what was sent so far.</summary>
    public async Task FlushAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            // A call that waits for the answer of the bus itself, which takes what one sends in order.
            OwnName("org.nodeagent.Flush");
            done.SetResult();
        });
        await done.Task.WaitAsync(PrivateBus.Long, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        _wake.Wake();
        await _ended.Task.WaitAsync(PrivateBus.Long, CancellationToken.None);
    }

    private void OwnName(string name)
    {
        // It waits inside the library, where the signals by which the runtime stops its threads cut it short.
        const int Interrupted = -4, IsOurs = -114;
        int result;
        do
        {
            result = NativeService.sd_bus_request_name(_bus, name, 0);
        }
        while (result == Interrupted);
        BusException.Check(result == IsOurs ? 0 : result, "request_name");
    }

    private void Post(Action action)
    {
        _posted.Enqueue(action);
        _wake.Wake();
    }

    private void Send(nint message, Action<BusWriter> write)
    {
        write(new BusWriter(message));
        // The bus may have been killed by the test meanwhile.
        _ = NativeService.sd_bus_send(_bus, message, 0);
        LibSystemd.sd_bus_message_unref(message);
    }

    private void Run()
    {
        while (!_isStopping)
        {
            while (_posted.TryDequeue(out var action))
            {
                action();
            }

            var result = LibSystemd.sd_bus_process(_bus, out var message);
            if (result < 0)
            {
                break;
            }

            if (message != 0)
            {
                Take(message);
                LibSystemd.sd_bus_message_unref(message);
            }

            if (result == 0)
            {
                _wake.Wait(LibSystemd.sd_bus_get_fd(_bus), (short)LibSystemd.sd_bus_get_events(_bus), -1);
            }
        }

        LibSystemd.sd_bus_close(_bus);
        LibSystemd.sd_bus_unref(_bus);
        _ended.SetResult();
    }

    private unsafe void Take(nint message)
    {
        if (LibSystemd.sd_bus_message_get_type(message, out var type) >= 0 && type == LibSystemd.MethodCall)
        {
            _calls.Writer.TryWrite(new ServiceCall(
                Text(LibSystemd.sd_bus_message_get_path(message)),
                Text(LibSystemd.sd_bus_message_get_member(message)),
                MessageText.Of(message),
                Text(LibSystemd.sd_bus_message_get_sender(message)),
                NativeService.sd_bus_message_ref(message)));
        }
    }

    private static unsafe string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
