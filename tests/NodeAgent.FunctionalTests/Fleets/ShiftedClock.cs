using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;

namespace NodeAgent.FunctionalTests.Fleets;

/// <summary>The time of day of one program, which may be set while it runs, as an administrator or NTP sets a host's. See shift_clock.c.</summary>
internal sealed class ShiftedClock : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nodeagent-clock-");

    private ShiftedClock()
    {
    }

    /// <summary>What makes a program live by it.</summary>
    public ServiceSetting Service => new() { Variables = [$"LD_PRELOAD={Library}", $"SHIFT_CLOCK={Shift}"] };

    private string Library => Path.Combine(_directory.FullName, "shift_clock.so");

    private string Shift => Path.Combine(_directory.FullName, "shift");

    /// <summary>Makes one that says what the host's does.</summary>
    public static async Task<ShiftedClock> MakeAsync()
    {
        var clock = new ShiftedClock();
        var source = Path.Combine(Artifacts.Tree, "tests/NodeAgent.FunctionalTests/Fleets/shift_clock.c");
        (await Command.RunAsync("/usr/bin/clang", ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", clock.Library, source])).Succeeded();
        clock.Set(TimeSpan.Zero);
        return clock;
    }

    /// <summary>Sets it; it goes on from there.</summary>
    /// <param name="shift">How far from the host's, in whole seconds.</param>
    public void Set(TimeSpan shift)
    {
        // The programs have the file in their memory: it is written to and not replaced.
        using var file = File.OpenHandle(Shift, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(file, BitConverter.GetBytes((long)shift.TotalSeconds), 0);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
