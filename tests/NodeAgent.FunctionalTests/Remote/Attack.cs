using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.FunctionalTests.Remote;

/// <summary>What a client of bad will does with a certificate that is good. Each ends by itself; that the agent ends connections is expected.</summary>
internal sealed class Attack(Fleet fleet, X509Certificate2 certificate)
{
    private const string Watch = "/nodeagent.v1.VmService/WatchVms", List = "/nodeagent.v1.VmService/ListVms", WatchEvents = "/nodeagent.v1.EventService/WatchEvents";
    private const string Create = "/nodeagent.v1.VmService/CreateVm";

    // As fast as it goes would mostly measure who gets the processor.
    private const int AtOnce = 24;

    private int _opened;

    /// <summary>How many connections came through the handshake: an attack that nobody notices proves nothing.</summary>
    public int Opened => Volatile.Read(ref _opened);

    /// <summary>Why the last one that did not, did not.</summary>
    public string LastFailure { get; private set; } = "";

    /// <summary>Opens connections and keeps all that it is left.</summary>
    public async Task ConnectionsAsync(int count, Task until)
    {
        var open = new List<RawConnection>();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, _) =>
        {
            if (await TryOpenAsync() is { } connection)
            {
                connection.Drain();
                lock (open)
                {
                    open.Add(connection);
                }
            }
        });
        await until;
        await CloseAsync(open);
    }

    /// <summary>Opens watches, a hundred a connection, and reads none of them.</summary>
    public async Task StreamsAsync(int count, Task until)
    {
        var open = new List<RawConnection>();
        for (var begun = 0; begun < count; begun += 100)
        {
            if (await TryOpenAsync() is not { } connection)
            {
                continue;
            }

            open.Add(connection);
            connection.Drain();
            for (var one = 0; one < 100; one++)
            {
                connection.Message(connection.Call(one % 2 == 0 ? Watch : WatchEvents), []);
            }

            await connection.FlushAsync();
        }

        await until;
        await CloseAsync(open);
    }

    /// <summary>Asks for lists on every stream that it gets and takes no byte of an answer.</summary>
    public async Task UnreadAnswersAsync(int connections, Task until)
    {
        var open = new List<RawConnection>();
        for (var number = 0; number < connections; number++)
        {
            if (await TryOpenAsync() is { } connection)
            {
                open.Add(connection);
                // Not even the socket is read.
                for (var one = 0; one < 100; one++)
                {
                    connection.Message(connection.Call(List), [0x08, 0xE8, 0x07]);
                }

                await connection.FlushAsync();
            }
        }

        await until;
        await CloseAsync(open);
    }

    /// <summary>Opens streams and resets each at once.</summary>
    public async Task ResetsAsync(int count)
    {
        RawConnection? connection = null;
        for (var done = 0; done < count; done += 50)
        {
            if (connection is null)
            {
                connection = await TryOpenAsync();
                connection?.Drain();
            }

            for (var one = 0; one < 50 && connection is not null; one++)
            {
                connection.Cancel(connection.Call(Watch));
            }

            if (connection is not null && (connection.Ended.IsCompleted || !await connection.FlushAsync()))
            {
                await connection.DisposeAsync();
                connection = null;
            }
        }

        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
    }

    /// <summary>Asks for what its role may not have, as fast as it is refused.</summary>
    public async Task ForbiddenAsync(int count)
    {
        for (var done = 0; done < count; done += 50)
        {
            if (await TryOpenAsync() is not { } connection)
            {
                continue;
            }

            await using (connection)
            {
                connection.Drain();
                for (var one = 0; one < 50; one++)
                {
                    connection.Message(connection.Call(Create), [0x0A, 0x00]);
                }

                await connection.FlushAsync();
            }
        }
    }

    /// <summary>Says that a message has 64 MB, and sends as much of it as it may.</summary>
    public Task LargeMessagesAsync(int count) => RepeatAsync(count, connection =>
    {
        var stream = connection.Call(List);
        connection.Message(stream, new byte[16_000], 64 << 20, last: false);
        for (var part = 0; part < 5; part++)
        {
            connection.Frame(RawConnection.Data, 0, stream, new byte[16_000]);
        }
    });

    /// <summary>Sends little that would unfold to much, with and without a word about it.</summary>
    public Task CompressedMessagesAsync(int count)
    {
        using var small = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(small, System.IO.Compression.CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(new byte[12 << 20]);
        }

        var bomb = small.ToArray();
        var said = false;
        return RepeatAsync(count, connection =>
        {
            said = !said;
            connection.Message(connection.Call(List, said ? [("grpc-encoding", "gzip")] : []), bomb, compressed: true);
        });
    }

    /// <summary>Sends headers without end.</summary>
    public Task HeadersAsync(int count)
    {
        (string, string)[] many = [.. Enumerable.Range(0, 400).Select(number => ($"x-{number}", new string('h', 200)))];
        return RepeatAsync(count, connection => connection.Call(List, many));
    }

    // A connection for ten, or as long as it is left.
    private async Task RepeatAsync(int count, Action<RawConnection> act)
    {
        for (var done = 0; done < count; done += 10)
        {
            if (await TryOpenAsync() is not { } connection)
            {
                continue;
            }

            await using (connection)
            {
                connection.Drain();
                for (var one = 0; one < 10; one++)
                {
                    act(connection);
                    if (!await connection.FlushAsync())
                    {
                        break;
                    }
                }
            }
        }
    }

    private async Task<RawConnection?> TryOpenAsync()
    {
        try
        {
            var connection = await RawConnection.OpenAsync(fleet, certificate);
            Interlocked.Increment(ref _opened);
            return connection;
        }
        catch (Exception error) when (error is IOException or SocketException or AuthenticationException or OperationCanceledException)
        {
            LastFailure = error.Message;
            return null;
        }
    }

    private static async Task CloseAsync(List<RawConnection> connections)
    {
        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }
    }
}
