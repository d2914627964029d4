using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Devices;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>The files of a boot contract, opened for QEMU, in the order in which it finds them.</summary>
public sealed class HandedFiles : IDisposable
{
    private readonly ImmutableArray<SafeFileHandle> _files;

    private HandedFiles(ImmutableArray<SafeFileHandle> files) => _files = files;

    /// <summary>The open files.</summary>
    public IReadOnlyList<SafeHandle> Descriptors => [.. _files];

    /// <summary>Opens them. Waits for file systems.</summary>
    /// <exception cref="IOException">One cannot be opened, or is not where it was when the start was planned.</exception>
    public static HandedFiles Open(IReadOnlyList<BootFile> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var opened = ImmutableArray.CreateBuilder<SafeFileHandle>(files.Count);
        try
        {
            foreach (var file in files)
            {
                using var place = PathHandle.Open(file.Path);

                // Somebody who could swap a directory for a link would otherwise choose what QEMU writes to.
                if (place.RealPath != file.Path)
                {
                    throw new IOException($"{file.Path} leads to {place.RealPath} since the start was planned; start the VM again.");
                }

                opened.Add(place.Open(file.Writable));
            }

            return new HandedFiles(opened.ToImmutable());
        }
        catch
        {
            new HandedFiles(opened.ToImmutable()).Dispose();
            throw;
        }
    }

    /// <summary>Closes them here; QEMU has its own.</summary>
    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }
    }
}
