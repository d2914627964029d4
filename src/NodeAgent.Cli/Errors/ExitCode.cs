using Grpc.Core;

namespace NodeAgent.Cli.Errors;

/// <summary>What the program's exit code says; a contract with scripts, described in docs/nodectl.md.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>It failed for a reason that has no code of its own.</summary>
    public const int Failed = 1;

    /// <summary>The command line, a file or a value in them is wrong.</summary>
    public const int Usage = 2;

    /// <summary>There is no such resource.</summary>
    public const int NotFound = 3;

    /// <summary>The resource exists already, has changed meanwhile, or is not in the state that this needs.</summary>
    public const int Conflict = 4;

    /// <summary>The agent cannot be reached, or cannot serve now.</summary>
    public const int Unreachable = 5;

    /// <summary>It did not happen in time.</summary>
    public const int TimedOut = 6;

    /// <summary>The caller may not do this.</summary>
    public const int Permission = 7;

    /// <summary>The host or the agent has no room for it.</summary>
    public const int Exhausted = 8;

    /// <summary>Interrupted by Ctrl-C or a signal, as shells count it.</summary>
    public const int Interrupted = 130;

    /// <summary>The exit code for a gRPC status.</summary>
    public static int Of(StatusCode code) => code switch
    {
        StatusCode.OK => Ok,
        StatusCode.InvalidArgument or StatusCode.OutOfRange => Usage,
        StatusCode.NotFound => NotFound,
        StatusCode.AlreadyExists or StatusCode.FailedPrecondition or StatusCode.Aborted => Conflict,
        StatusCode.Unavailable => Unreachable,
        StatusCode.DeadlineExceeded => TimedOut,
        StatusCode.PermissionDenied or StatusCode.Unauthenticated => Permission,
        StatusCode.ResourceExhausted => Exhausted,
        _ => Failed,
    };
}
