using System.Text.Json;

namespace NodeAgent.Bindings.Qmp;

/// <summary>What a line from QEMU is.</summary>
internal enum QmpMessageKind
{
    Greeting,
    Return,
    Error,
    Event,
}

/// <summary>
/// One line from QEMU, taken apart without copying: the members are slices of the line. Members may come in any order
/// (QEMU puts <c>return</c> before <c>id</c>, but <c>id</c> before <c>error</c>), and unknown ones are skipped.
/// </summary>
internal readonly ref struct QmpMessage
{
    /// <summary>QEMU nests up to 1024 levels, and a long backing chain does go deep.</summary>
    public const int MaxDepth = 1024;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };

    private QmpMessage(QmpMessageKind kind, ReadOnlySpan<byte> body, long? id, ReadOnlySpan<byte> data, DateTimeOffset? time)
    {
        Kind = kind;
        Body = body;
        Id = id;
        Data = data;
        Timestamp = time;
    }

    public QmpMessageKind Kind { get; }

    /// <summary>The value of <c>QMP</c>, <c>return</c>, <c>error</c> or <c>event</c>, as JSON text.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>The id when it is one of ours, which are integers.</summary>
    public long? Id { get; }

    /// <summary>The value of <c>data</c>, as JSON text.</summary>
    public ReadOnlySpan<byte> Data { get; }

    public DateTimeOffset? Timestamp { get; }

    /// <summary>Takes a line apart.</summary>
    /// <exception cref="JsonException">It is not JSON, or JSON that is no QMP message.</exception>
    public static QmpMessage Parse(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, Options);
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "a message is an object");
        QmpMessageKind? kind = null;
        ReadOnlySpan<byte> body = default;
        ReadOnlySpan<byte> data = default;
        long? id = null;
        DateTimeOffset? time = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            QmpMessageKind? named = KindOf(ref reader);
            bool isId = reader.ValueTextEquals("id"u8);
            bool isData = reader.ValueTextEquals("data"u8);
            bool isTime = reader.ValueTextEquals("timestamp"u8);
            ReadOnlySpan<byte> value = ReadValue(ref reader, line);
            if (named is not null)
            {
                Expect(kind is null, "a message is one thing");
                kind = named;
                body = value;
            }
            else if (isId)
            {
                id = ReadId(value);
            }
            else if (isData)
            {
                data = value;
            }
            else if (isTime)
            {
                time = ReadTimestamp(value);
            }
        }

        Expect(!reader.Read(), "nothing follows a message");
        return kind is { } known
            ? new QmpMessage(known, body, id, data, time)
            : throw new JsonException("neither greeting, reply nor event");
    }

    /// <summary>The name of an event.</summary>
    public string EventName()
    {
        var reader = new Utf8JsonReader(Body);
        Expect(reader.Read() && reader.TokenType == JsonTokenType.String, "an event's name is a string");
        return ReadString(ref reader);
    }

    /// <summary>The class and the description of an error.</summary>
    public (string ErrorClass, string Description) ErrorDetails()
    {
        var reader = new Utf8JsonReader(Body, Options);
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "an error is an object");
        string? errorClass = null;
        string? description = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isClass = reader.ValueTextEquals("class"u8);
            bool isDescription = reader.ValueTextEquals("desc"u8);
            reader.Read();
            if (isClass || isDescription)
            {
                Expect(reader.TokenType == JsonTokenType.String, "class and desc are strings");
                string text = ReadString(ref reader);
                (errorClass, description) = isClass ? (text, description) : (errorClass, text);
            }

            reader.Skip();
        }

        Expect(errorClass is not null && description is not null, "an error has class and desc");
        return (errorClass!, description!);
    }

    private static QmpMessageKind? KindOf(scoped ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("return"u8) ? QmpMessageKind.Return
        : reader.ValueTextEquals("event"u8) ? QmpMessageKind.Event
        : reader.ValueTextEquals("error"u8) ? QmpMessageKind.Error
        : reader.ValueTextEquals("QMP"u8) ? QmpMessageKind.Greeting
        : null;

    private static ReadOnlySpan<byte> ReadValue(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
    {
        reader.Read();
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        return line[start..(int)reader.BytesConsumed];
    }

    private static long? ReadId(ReadOnlySpan<byte> value)
    {
        var reader = new Utf8JsonReader(value, Options);
        return reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long id) ? id : null;
    }

    /// <summary>QEMU reports -1 and -1 when it cannot read the clock.</summary>
    private static DateTimeOffset? ReadTimestamp(ReadOnlySpan<byte> value)
    {
        var reader = new Utf8JsonReader(value, Options);
        long seconds = -1;
        long microseconds = -1;
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "a timestamp is an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isSeconds = reader.ValueTextEquals("seconds"u8);
            bool isMicroseconds = reader.ValueTextEquals("microseconds"u8);
            reader.Read();
            if ((isSeconds || isMicroseconds) && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number))
            {
                (seconds, microseconds) = isSeconds ? (number, microseconds) : (seconds, number);
            }

            reader.Skip();
        }

        bool plausible = seconds is >= 0 and < 253_402_300_799 && microseconds is >= 0 and < 1_000_000;
        return plausible ? DateTimeOffset.FromUnixTimeSeconds(seconds).AddMicroseconds(microseconds) : null;
    }

    private static string ReadString(scoped ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException notUtf8)
        {
            throw new JsonException("a string is not UTF-8", notUtf8);
        }
    }

    private static void Expect(bool condition, string rule)
    {
        if (!condition)
        {
            throw new JsonException(rule);
        }
    }
}
