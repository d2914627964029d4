using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Bindings.Qmp;

/// <summary>Brings each line from QEMU to whoever waits for it.</summary>
internal sealed class MessageRouter(QmpLimits limits, CommandQueue commands, EventQueue events, ILogger logger)
{
    private readonly TaskCompletionSource<QmpGreeting?> _greeting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _strays;

    /// <summary>The greeting; null when the connection ended without one.</summary>
    public Task<QmpGreeting?> Greeting => _greeting.Task;

    /// <summary>Nothing will come any more.</summary>
    public void Complete()
    {
        _greeting.TrySetResult(null);
        events.Complete();
    }

    /// <summary>Routes a line. Returns why the connection has to end, or null.</summary>
    /// <exception cref="JsonException">The line is no QMP message.</exception>
    public QmpCloseReason? Route(ReadOnlySpan<byte> line)
    {
        if (line.Length > limits.MaxLineBytes)
        {
            return QmpCloseReason.LineTooLong;
        }

        if (line.IsEmpty)
        {
            return Stray("blank line", null);
        }

        QmpMessage message = QmpMessage.Parse(line);
        if (!_greeting.Task.IsCompleted)
        {
            return Greet(message);
        }

        return message.Kind switch
        {
            QmpMessageKind.Event => Queue(message),
            QmpMessageKind.Return or QmpMessageKind.Error => Answer(message),
            _ => Stray("greeting", null),
        };
    }

    private QmpCloseReason? Greet(QmpMessage message)
    {
        if (message.Kind != QmpMessageKind.Greeting)
        {
            return QmpCloseReason.ProtocolError;
        }

        QmpGreeting greeting = JsonSerializer.Deserialize(message.Body, HandshakeJson.Default.QmpGreeting)
            ?? throw new JsonException("the greeting is null");
        _greeting.TrySetResult(greeting);
        return null;
    }

    private QmpCloseReason? Queue(QmpMessage message)
    {
        var item = new QmpEvent(message.EventName(), message.Timestamp, message.Data.ToArray());
        return events.TryAdd(item) ? null : QmpCloseReason.EventFlood;
    }

    private QmpCloseReason? Answer(QmpMessage message)
    {
        // Read before the command leaves the queue: one that has left must be completed, whatever happens.
        (string Class, string Description)? error = message.Kind == QmpMessageKind.Error ? message.ErrorDetails() : null;
        bool isKnown = false;
        PendingCommand? command = message.Id is { } id ? commands.TakeReply(id, out isKnown) : null;
        if (!isKnown)
        {
            return Stray("reply", message.Id);
        }

        if (command is null)
        {
            QmpLog.LateReply(logger, message.Id!.Value);
        }
        else if (error is { } details)
        {
            command.Fail(QmpException.CommandFailed(command.Name, details.Class, details.Description));
        }
        else
        {
            command.Return(message.Body);
        }

        return null;
    }

    /// <summary>A few are ignored, so that a bug of some QEMU costs no session; an endless stream is not.</summary>
    private QmpCloseReason? Stray(string kind, long? id)
    {
        QmpLog.Stray(logger, kind, id);
        return ++_strays > limits.MaxStrayMessages ? QmpCloseReason.ProtocolError : null;
    }
}
