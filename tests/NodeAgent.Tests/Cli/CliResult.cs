using System.Text;
using NodeAgent.Cli;
using NodeAgent.Cli.Terminal;

namespace NodeAgent.Tests.Cli;

/// <summary>What surrounds the program in a test.</summary>
internal sealed record CliInput
{
    public Stream Input { get; init; } = new MemoryStream();

    public Stream? Output { get; init; }

    public bool InputIsTerminal { get; init; }

    public bool OutputIsTerminal { get; init; }

    public int Width { get; init; } = 80;

    public Func<IDisposable>? RawMode { get; init; }

    public Dictionary<string, string> Environment { get; init; } = [];

    public CancellationToken Cancellation { get; init; } = TestContext.Current.CancellationToken;

    public static CliInput Typed(string text) => new() { Input = new MemoryStream(Encoding.UTF8.GetBytes(text)) };
}

/// <summary>What the program printed, and its exit code.</summary>
internal sealed record CliResult(int Code, string Out, string Error)
{
    public static async Task<CliResult> RunAsync(CliInput input, params string[] arguments)
    {
        using var raw = new MemoryStream();
        var output = new StreamWriter(input.Output ?? raw, new UTF8Encoding(false), leaveOpen: true);
        using var error = new StringWriter();
        var surroundings = new Surroundings
        {
            Out = output,
            RawOut = input.Output ?? raw,
            Error = error,
            Input = input.Input,
            InputIsTerminal = input.InputIsTerminal,
            OutputIsTerminal = input.OutputIsTerminal,
            Size = () => (input.Width, 24),
            Environment = name => input.Environment.GetValueOrDefault(name),
            EnterRawMode = input.RawMode ?? (() => throw new InvalidOperationException("raw mode was not expected")),
        };
        var code = await Nodectl.RunAsync(arguments, surroundings, input.Cancellation);
        await output.FlushAsync(CancellationToken.None);
        if (input.Output is { } pipe)
        {
            // Whoever reads it sees the end, so that a program that ends too early fails its test instead of hanging it.
            await pipe.DisposeAsync();
        }

        return new CliResult(code, Encoding.UTF8.GetString(raw.ToArray()), error.ToString());
    }

    public CliResult ShouldEndWith(int code)
    {
        Code.ShouldBe(code, $"stdout:\n{Out}\nstderr:\n{Error}");
        return this;
    }
}
