namespace NodeAgent.Hypervisor.Vms;

/// <summary>Answers whoever waits for a message that will not be handled.</summary>
internal static class VmMessages
{
    public static void Fail(VmMessage message, Exception failure)
    {
        switch (message)
        {
            case VmMessage.Ask ask:
                ask.Answer.TrySetException(failure);
                break;
            case VmMessage.Change change:
                change.Answer.TrySetException(failure);
                break;
            case VmMessage.Recovered recovered:
                recovered.Handled.TrySetResult();
                break;
            case VmMessage.StateSaved saved:
                saved.Recorded.TrySetException(failure);
                break;
            case VmMessage.StateUsed used:
                used.Recorded.TrySetException(failure);
                break;
            case VmMessage.Forget forget:
                forget.Answer.TrySetException(failure);
                break;
        }
    }
}
