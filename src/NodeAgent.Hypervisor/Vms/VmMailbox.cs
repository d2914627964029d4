namespace NodeAgent.Hypervisor.Vms;

/// <summary>Which message comes first.</summary>
internal enum VmLane
{
    /// <summary>A force-stop: before everything.</summary>
    Urgent,

    /// <summary>What was seen to happen, in its order, and the ends of work.</summary>
    Seen,

    /// <summary>What somebody asks for.</summary>
    Asked,
}

/// <summary>
/// A VM's inbox: three lanes, one reader. What was seen goes before what is asked, so that a decision is made on the
/// newest truth. What is asked can be refused for want of room, and so can what a guest says, which is then held back at
/// its source; the agent's own facts always find room.
/// </summary>
internal sealed class VmMailbox
{
    private const int AskedLimit = 64, GuestLimit = 1024;

    private readonly Lock _lock = new();
    private readonly Queue<VmMessage>[] _lanes = [new(), new(), new()];
    private TaskCompletionSource? _waiting;
    private bool _closed;

    /// <summary>Puts a message in.</summary>
    /// <returns>False when the lane is full or the VM is gone.</returns>
    public bool Post(VmLane lane, VmMessage message)
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            var waitingThere = _lanes[(int)lane].Count;
            if (_closed || (lane == VmLane.Asked && waitingThere >= AskedLimit) || (message is VmMessage.GuestSaid && waitingThere >= GuestLimit))
            {
                // A VM that is gone needs no more events; one that is flooded takes them later.
                return _closed && message is VmMessage.GuestSaid;
            }

            _lanes[(int)lane].Enqueue(message);
            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.SetResult();
        return true;
    }

    /// <summary>Takes the first message of the first lane that has one.</summary>
    public async ValueTask<VmMessage> ReceiveAsync()
    {
        while (true)
        {
            Task arrival;
            lock (_lock)
            {
                foreach (var lane in _lanes)
                {
                    if (lane.TryDequeue(out var message))
                    {
                        return message;
                    }
                }

                _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                arrival = _waiting.Task;
            }

            await arrival;
        }
    }

    /// <summary>Takes no more messages and returns what was left.</summary>
    public IReadOnlyList<VmMessage> Close()
    {
        lock (_lock)
        {
            _closed = true;
            var left = _lanes.SelectMany(lane => lane).ToArray();
            Array.ForEach(_lanes, lane => lane.Clear());
            return left;
        }
    }
}
