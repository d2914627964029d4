namespace NodeAgent.Hypervisor.Vms;

/// <summary>What must be done to take back what was done, newest first. One undo that fails does not keep the others from running.</summary>
internal sealed class UndoStack
{
    private readonly Stack<Func<Task>> _undo = new();

    public void Push(Func<Task> undo) => _undo.Push(undo);

    public void Push(Action undo) => _undo.Push(() =>
    {
        undo();
        return Task.CompletedTask;
    });

    /// <summary>Takes everything back.</summary>
    /// <returns>What could not be taken back.</returns>
    public async Task<IReadOnlyList<Exception>> RunAsync()
    {
        var failures = new List<Exception>();
        while (_undo.TryPop(out var undo))
        {
            try
            {
                await undo();
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                failures.Add(failure);
            }
        }

        return failures;
    }
}
