using System.Diagnostics.CodeAnalysis;

namespace NodeAgent.Bindings.Qmp;

/// <summary>
/// The place of every command: waiting on our side, in QEMU, or gone.
/// <code>
///            Add                TryTake               TakeReply
///   caller ───────► waiting ───────────► in flight ─────────────► gone
///                      │ Abandon             │ Abandon: stays, marked, until its reply comes
///                      ▼                     ▼ Close
///                     gone                  gone
/// </code>
/// A command in flight keeps its place even when its caller gave up, because QEMU still has it: this is what keeps the
/// number of commands inside QEMU, and what a stuck QEMU can make us hold, bounded.
/// </summary>
internal sealed class CommandQueue(QmpLimits limits)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<PendingCommand> _inBand = new();
    private readonly LinkedList<PendingCommand> _outOfBand = new();
    private readonly Dictionary<long, PendingCommand> _inFlight = [];
    private int _inBandInFlight;
    private bool _descriptorInFlight;
    private bool _isSending;
    private QmpCloseReason? _closed;

    /// <summary>Puts a command in line.</summary>
    /// <exception cref="QmpException">Closed, or too many wait.</exception>
    public void Add(PendingCommand command)
    {
        lock (_gate)
        {
            if (_closed is { } reason)
            {
                throw QmpException.Closed(command.Name, reason, mayHaveRun: false);
            }

            if (_inBand.Count + _outOfBand.Count + _inFlight.Count >= limits.MaxPending)
            {
                throw new QmpException(QmpError.TooManyPending, $"{command.Name}: {limits.MaxPending} commands wait already");
            }

            (command.Lane == QmpLane.OutOfBand ? _outOfBand : _inBand).AddLast(command);
        }
    }

    /// <summary>True for the one caller that is to send until <see cref="TryTake"/> finds nothing more.</summary>
    public bool TryStartSending()
    {
        lock (_gate)
        {
            return !_isSending && Next() is not null && (_isSending = true);
        }
    }

    /// <summary>Takes the next command that may go to QEMU now; when there is none, the sending has ended.</summary>
    public bool TryTake([NotNullWhen(true)] out PendingCommand? command)
    {
        lock (_gate)
        {
            LinkedListNode<PendingCommand>? node = Next();
            command = node?.Value;
            if (command is null)
            {
                _isSending = false;
                return false;
            }

            node!.List!.Remove(node);
            _inFlight.Add(command.Id, command);
            _inBandInFlight += command.Lane == QmpLane.InBand ? 1 : 0;
            _descriptorInFlight |= command.Descriptor is not null;
            return true;
        }
    }

    /// <summary>Finds the command that a reply answers; null when there is none, or nobody waits for it any more.</summary>
    public PendingCommand? TakeReply(long id, out bool isKnown)
    {
        lock (_gate)
        {
            isKnown = _inFlight.Remove(id, out PendingCommand? command);
            if (command is null)
            {
                return null;
            }

            _inBandInFlight -= command.Lane == QmpLane.InBand ? 1 : 0;
            _descriptorInFlight &= command.Descriptor is null;
            return command.IsAbandoned ? null : command;
        }
    }

    /// <summary>The caller waits no longer. True when QEMU may have the command already.</summary>
    public bool Abandon(PendingCommand command)
    {
        lock (_gate)
        {
            command.IsAbandoned = true;
            return !(command.Lane == QmpLane.OutOfBand ? _outOfBand : _inBand).Remove(command);
        }
    }

    /// <summary>Refuses everything from now on and fails what somebody still waits for.</summary>
    public void Close(QmpCloseReason reason)
    {
        List<(PendingCommand Command, bool MayHaveRun)> orphans = [];
        lock (_gate)
        {
            _closed ??= reason;
            orphans.AddRange(_inFlight.Values.Where(command => !command.IsAbandoned).Select(command => (command, true)));
            orphans.AddRange(_inBand.Concat(_outOfBand).Select(command => (command, false)));
            _inFlight.Clear();
            _inBand.Clear();
            _outOfBand.Clear();
        }

        foreach ((PendingCommand command, bool mayHaveRun) in orphans)
        {
            command.Fail(QmpException.Closed(command.Name, reason, mayHaveRun));
        }
    }

    /// <summary>
    /// Out-of-band commands go first. QEMU keeps only the newest file descriptors that came in and hands them to the
    /// command that runs next, so that two commands with descriptors must not be in QEMU together.
    /// </summary>
    private LinkedListNode<PendingCommand>? Next()
    {
        LinkedListNode<PendingCommand>? node =
            _outOfBand.First ?? (_inBandInFlight < limits.MaxInBandInFlight ? _inBand.First : null);
        return node?.Value.Descriptor is not null && _descriptorInFlight ? null : node;
    }
}
