using System.Diagnostics.CodeAnalysis;

namespace NodeAgent.Hypervisor.Spec;

/// <summary>The kinds of machine that are known here; each lays its devices out differently.</summary>
public enum MachineFamily
{
    /// <summary>PCI Express, ICH9: "q35" and "pc-q35-*".</summary>
    Q35,

    /// <summary>PCI, PIIX: "pc" and "pc-i440fx-*".</summary>
    Pc,

    /// <summary>No PCI at all: "microvm".</summary>
    Microvm,
}

/// <summary>Machine names.</summary>
public static class MachineName
{
    /// <summary>Longest name accepted, in characters.</summary>
    public const int MaxLength = 63;

    /// <summary>Tells the family by the name; false when the name belongs to none.</summary>
    public static bool TryGetFamily([NotNullWhen(true)] string? name, out MachineFamily family)
    {
        (family, var known) = name switch
        {
            null => (default, false),
            _ when name.Length > MaxLength || !name.All(IsNameCharacter) => (default, false),
            "q35" => (MachineFamily.Q35, true),
            "pc" => (MachineFamily.Pc, true),
            "microvm" => (MachineFamily.Microvm, true),
            _ when name.StartsWith("pc-q35-", StringComparison.Ordinal) => (MachineFamily.Q35, true),
            _ when name.StartsWith("pc-i440fx-", StringComparison.Ordinal) => (MachineFamily.Pc, true),
            _ => (default, false),
        };
        return known;
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_';
}
