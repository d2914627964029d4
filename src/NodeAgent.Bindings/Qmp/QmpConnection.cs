using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Bindings.Qmp;

/// <summary>
/// A QMP session with one QEMU over a connected unix socket.
/// Invariants: the read loop waits for the socket and for nothing else, and no exception leaves it; commands of a lane
/// are sent in the order of the calls; every command ends, by its reply, its time-out, its cancellation or the end of
/// the connection; what a peer can make us hold is bounded by <see cref="QmpLimits"/>; whatever a peer does ends at
/// most this connection.
/// </summary>
public sealed class QmpConnection : IAsyncDisposable
{
    private const string OutOfBandCapability = "oob";

    // A peer that always has more to read must not keep a thread for itself.
    private const int FillsBeforeYield = 32;

    private static readonly QmpCommand<CapabilitiesArguments, QmpEmpty> Capabilities = new(
        "qmp_capabilities", HandshakeJson.Default.CapabilitiesArguments, HandshakeJson.Default.QmpEmpty);

    private readonly Socket _socket;
    private readonly QmpLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CommandQueue _commands;
    private readonly CommandSender _sender;
    private readonly EventQueue _events;
    private readonly MessageRouter _router;
    private readonly TaskCompletionSource<QmpCloseReason> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isClosed;
    private long _lastId;
    private Task _reading = Task.CompletedTask;

    private QmpConnection(Socket socket, QmpLimits limits, TimeProvider time, ILogger logger)
    {
        _socket = socket;
        _limits = limits;
        _time = time;
        _logger = logger;
        _commands = new CommandQueue(limits);
        _sender = new CommandSender(socket, _commands);
        _events = new EventQueue(limits);
        _router = new MessageRouter(limits, _commands, _events, logger);
    }

    /// <summary>The version of QEMU, from its greeting.</summary>
    public QmpVersion Version => Greeting.Version;

    /// <summary>What QEMU said when the connection was opened.</summary>
    public QmpGreeting Greeting { get; private set; } = null!;

    /// <summary>Whether <see cref="QmpLane.OutOfBand"/> can be used.</summary>
    public bool HasOutOfBand { get; private set; }

    /// <summary>Completes, never with a failure, when the connection has ended, and says why.</summary>
    public Task<QmpCloseReason> Closed => _closed.Task;

    /// <summary>
    /// Waits for QEMU's greeting and negotiates the capabilities. The socket may have been connected before QEMU even
    /// started. It belongs to the connection from now on, also when this fails.
    /// </summary>
    /// <exception cref="QmpException">No greeting in time, no QMP, or the socket ended.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public static async Task<QmpConnection> OpenAsync(
        Socket socket, QmpLimits limits, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(logger);
        var connection = new QmpConnection(socket, limits, time, logger);
        connection._reading = connection.ReadLoopAsync();
        try
        {
            await connection.NegotiateAsync(cancellationToken);
            return connection;
        }
        catch
        {
            connection.Close(QmpCloseReason.OpenFailed);
            throw;
        }
    }

    /// <summary>Runs a command that takes no arguments.</summary>
    /// <inheritdoc cref="ExecuteAsync{TArguments, TResult}"/>
    public Task<TResult> ExecuteAsync<TResult>(
        QmpCommand<QmpEmpty, TResult> command,
        TimeSpan timeout,
        CancellationToken cancellationToken,
        QmpLane lane = QmpLane.InBand) =>
        ExecuteAsync(command, QmpEmpty.Value, timeout, cancellationToken, lane);

    /// <summary>Runs a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="timeout">Longest wait for the reply, including the wait for earlier commands; positive and finite.</param>
    /// <param name="cancellationToken">Ends the wait. What QEMU already has, it will still do.</param>
    /// <param name="lane">The way it takes through QEMU.</param>
    /// <param name="descriptor">A file descriptor to pass with it, for <c>getfd</c> and <c>add-fd</c>; QEMU gets a duplicate.</param>
    /// <returns>What QEMU returned.</returns>
    /// <exception cref="QmpException">It failed; the reason says how and whether it may have run.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task<TResult> ExecuteAsync<TArguments, TResult>(
        QmpCommand<TArguments, TResult> command,
        TArguments arguments,
        TimeSpan timeout,
        CancellationToken cancellationToken,
        QmpLane lane = QmpLane.InBand,
        SafeHandle? descriptor = null)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        if (lane == QmpLane.OutOfBand && !HasOutOfBand)
        {
            throw new QmpException(QmpError.OutOfBandUnavailable, $"{command.Name}: this QEMU offers no out-of-band lane");
        }

        long id = Interlocked.Increment(ref _lastId);
        byte[] frame = CommandFrame.Write(command, arguments, id, lane);
        var pending = new PendingCommand<TArguments, TResult>(command, lane, frame, descriptor) { Id = id };
        _commands.Add(pending);
        Task<TResult> reply = pending.Completion.WaitAsync(timeout, _time, cancellationToken);
        _sender.Kick();
        try
        {
            return await reply;
        }
        catch (TimeoutException)
        {
            bool mayHaveRun = _commands.Abandon(pending);
            throw new QmpException(QmpError.TimedOut, $"{command.Name}: no reply within {timeout}", mayHaveRun);
        }
        catch (OperationCanceledException)
        {
            _commands.Abandon(pending);
            throw;
        }
    }

    /// <summary>
    /// The events in the order in which QEMU sent them, for one reader; ends when the connection has ended and all
    /// that came before has been read.
    /// </summary>
    public IAsyncEnumerable<QmpEvent> ReadEventsAsync(CancellationToken cancellationToken) =>
        _events.ReadAsync(cancellationToken);

    /// <summary>Ends the connection; commands that wait fail with <see cref="QmpError.Closed"/>. QEMU runs on.</summary>
    public async ValueTask DisposeAsync()
    {
        Close(QmpCloseReason.Disposed);
        await _reading;
    }

    private async Task NegotiateAsync(CancellationToken cancellationToken)
    {
        QmpGreeting? greeting;
        try
        {
            greeting = await _router.Greeting.WaitAsync(_limits.OpenTimeout, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new QmpException(QmpError.TimedOut, $"no QMP greeting within {_limits.OpenTimeout}");
        }

        Greeting = greeting ?? throw QmpException.Closed("greeting", await Closed, mayHaveRun: false);
        bool outOfBand = Greeting.Capabilities.Contains(OutOfBandCapability);
        var arguments = new CapabilitiesArguments(outOfBand ? [OutOfBandCapability] : []);
        await ExecuteAsync(Capabilities, arguments, _limits.OpenTimeout, cancellationToken);
        HasOutOfBand = outOfBand;
        QmpLog.Opened(_logger, Version.Qemu, outOfBand);
    }

    private async Task ReadLoopAsync()
    {
        QmpCloseReason reason;
        using var lines = new LineReader(_socket, _limits.MaxLineBytes);
        try
        {
            reason = await ReadToEndAsync(lines);
        }
        catch (JsonException malformed)
        {
            QmpLog.Malformed(_logger, malformed.Message);
            reason = QmpCloseReason.ProtocolError;
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.ConnectionReset)
        {
            // QEMU exited before it read our last command.
            reason = lines.HasPartialLine ? QmpCloseReason.Truncated : QmpCloseReason.PeerClosed;
        }
        catch (Exception) when (_isClosed != 0)
        {
            return;
        }
        catch (Exception failure)
        {
            QmpLog.ReadFailed(_logger, failure);
            reason = QmpCloseReason.TransportFailed;
        }

        Close(reason);
    }

    private async ValueTask<QmpCloseReason> ReadToEndAsync(LineReader lines)
    {
        for (int fills = 1; await lines.FillAsync(); fills++)
        {
            while (lines.TryTake(out ReadOnlySpan<byte> line))
            {
                if (_router.Route(line) is { } reason)
                {
                    return reason;
                }
            }

            if (lines.IsTooLong)
            {
                return QmpCloseReason.LineTooLong;
            }

            _sender.Kick();
            if (fills % FillsBeforeYield == 0)
            {
                await Task.Yield();
            }
        }

        return lines.HasPartialLine ? QmpCloseReason.Truncated : QmpCloseReason.PeerClosed;
    }

    /// <summary>The first reason counts. Everybody who waits is told before <see cref="Closed"/> says so.</summary>
    private void Close(QmpCloseReason reason)
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
        {
            return;
        }

        _socket.Dispose();
        _commands.Close(reason);
        _router.Complete();
        QmpLog.Ended(_logger, reason);
        _closed.TrySetResult(reason);
    }
}
