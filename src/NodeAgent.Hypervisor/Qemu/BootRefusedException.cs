using System.Collections.Immutable;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>A VM that cannot be started as it is, here and now; nothing was begun.</summary>
public sealed class BootRefusedException : Exception
{
    /// <summary>Creates it.</summary>
    public BootRefusedException(BootRefusal reason, ImmutableArray<FieldViolation> violations)
        : base(string.Join("; ", violations.Select(violation => $"{violation.Field}: {violation.Description}")))
    {
        Reason = reason;
        Violations = violations;
    }

    internal BootRefusedException(BootRefusal reason, string message)
        : base(message)
    {
        Reason = reason;
        Violations = [];
    }

    /// <summary>Why.</summary>
    public BootRefusal Reason { get; }

    /// <summary>What is wrong, by field; empty for <see cref="BootRefusal.NoQemu"/> and <see cref="BootRefusal.StorageSilent"/>.</summary>
    public ImmutableArray<FieldViolation> Violations { get; }
}

/// <summary>Why a VM cannot be started as it is.</summary>
public enum BootRefusal
{
    /// <summary>The spec, or a file that it names, is wrong.</summary>
    InvalidSpec,

    /// <summary>This host or its QEMU cannot do what the spec asks for.</summary>
    HostUnfit,

    /// <summary>There is no working QEMU.</summary>
    NoQemu,

    /// <summary>The files could not be looked at in time: a file system that does not answer.</summary>
    StorageSilent,
}
