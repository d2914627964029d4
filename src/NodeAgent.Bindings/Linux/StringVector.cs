using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Linux;

/// <summary>A zero-terminated array of zero-terminated strings in native memory, as execve(2) wants it.</summary>
internal sealed unsafe class StringVector : IDisposable
{
    private readonly int _count;

    public StringVector(IReadOnlyList<string> values)
    {
        _count = values.Count;
        Pointer = (byte**)NativeMemory.AllocZeroed((nuint)_count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < _count; i++)
        {
            // An embedded zero would cut the argument short in the child; nobody above may let one through.
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(values[i].IndexOf('\0'), 0, nameof(values));
            Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(values[i]);
        }
    }

    public byte** Pointer { get; }

    public void Dispose()
    {
        for (var i = 0; i < _count; i++)
        {
            Marshal.FreeCoTaskMem((nint)Pointer[i]);
        }

        NativeMemory.Free(Pointer);
    }
}
