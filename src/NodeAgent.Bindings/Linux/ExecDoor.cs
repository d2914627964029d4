using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace NodeAgent.Bindings.Linux;

/// <summary>What a process that waits behind a door is to become.</summary>
public sealed record ExecOrder
{
    /// <summary>Absolute path of the program.</summary>
    public required string Path { get; init; }

    /// <summary>Arguments, without the program's own name.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The whole environment, as NAME=VALUE.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Where standard output and error go.</summary>
    public required SafeHandle Output { get; init; }

    /// <summary>Descriptors that the program finds as 3, 4, 5, … in this order. At most 251.</summary>
    public required IReadOnlyList<SafeHandle> Descriptors { get; init; }
}

/// <summary>
/// The agent's side of a door: a service manager has started a process with the user, the limits and the view of the
/// file system that a program is to have, but cannot hand it open files. The process waits with the door as its standard
/// input (<see cref="ExecEntry"/>), takes files and arguments through it, and becomes the program.
/// </summary>
public static class ExecDoor
{
    /// <summary>Passes an order through the door and waits until the program has been executed.</summary>
    /// <param name="door">The agent's end.</param>
    /// <param name="order">What the process is to become.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="LinuxException">The process could not execute the program; the errno is exec's.</exception>
    /// <exception cref="SocketException">The process has gone.</exception>
    public static async Task PassAsync(Socket door, ExecOrder order, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(door);
        ArgumentNullException.ThrowIfNull(order);

        // The door itself cannot tell: the service manager keeps the other end open for as long as it knows the process.
        var (result, theirs) = SocketPair.Create();
        using var results = result;
        using (theirs)
        {
            DescriptorMail.Send(door.SafeHandle, [theirs, order.Output, .. order.Descriptors]);
        }

        var rest = Encode(order);
        for (var sent = 0; sent < rest.Length;)
        {
            sent += await door.SendAsync(rest.AsMemory(sent), SocketFlags.None, cancellationToken);
        }

        door.Shutdown(SocketShutdown.Send);

        // The process's end is closed by exec; before that, only a failure is told.
        var failure = new byte[sizeof(int)];
        var got = 0;
        while (got < failure.Length && await results.ReceiveAsync(failure.AsMemory(got), SocketFlags.None, cancellationToken) is > 0 and var more)
        {
            got += more;
        }

        if (got == failure.Length)
        {
            throw new LinuxException("execve", MemoryMarshal.Read<int>(failure));
        }
    }

    // Every text ends with a zero: the path, the number of arguments, the arguments, the environment.
    private static byte[] Encode(ExecOrder order)
    {
        var text = new StringBuilder();
        foreach (var value in (string[])[order.Path, $"{order.Arguments.Count}", .. order.Arguments, .. order.Environment])
        {
            // An embedded zero would cut the text short; nobody above may let one through.
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value.IndexOf('\0'), 0, nameof(order));
            text.Append(value).Append('\0');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
