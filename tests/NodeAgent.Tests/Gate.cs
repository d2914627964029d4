using System.IO.Pipes;
using System.Runtime.InteropServices;

namespace NodeAgent.Tests;

/// <summary>Where a child waits until a test wants it to go on: it reads at <see cref="ChildEnd"/>, and finds the end of the file when the gate opens.</summary>
internal sealed class Gate : IDisposable
{
    private readonly AnonymousPipeServerStream _pipe = new(PipeDirection.Out);

    /// <summary>To be handed to the child.</summary>
    public SafeHandle ChildEnd => _pipe.ClientSafePipeHandle;

    public void Open() => _pipe.Dispose();

    /// <summary>Nobody is left waiting.</summary>
    public void Dispose()
    {
        _pipe.ClientSafePipeHandle.Dispose();
        Open();
    }
}
