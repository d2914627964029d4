using System.CommandLine;
using System.CommandLine.Parsing;
using Google.Protobuf.Reflection;
using NodeAgent.Cli.Values;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace NodeAgent.Cli.Invocation;

/// <summary>Adds options of the kinds that commands have; each kind is read in one way everywhere.</summary>
internal static class CommandOptions
{
    private delegate bool Reader<T>(string text, out T value, out string problem);

    /// <summary>Adds an option that is either given or not.</summary>
    public static Option<bool> Flag(this Command command, string name, string description) =>
        Added(command, new Option<bool>(name) { Description = description });

    /// <summary>Adds an option with a text.</summary>
    public static Option<string?> Text(this Command command, string name, string valueName, string description) =>
        Added(command, new Option<string?>(name) { Description = description, HelpName = valueName });

    /// <summary>Adds an option with texts that may be given several times.</summary>
    public static Option<string[]> Texts(this Command command, string name, string valueName, string description) =>
        Added(command, new Option<string[]>(name) { Description = description, HelpName = valueName, AllowMultipleArgumentsPerToken = false });

    /// <summary>Adds an option with a whole number that is not negative.</summary>
    public static Option<int?> Number(this Command command, string name, string description) =>
        Added(command, Parsed<int?>(name, description, "N", (string text, out int? value, out string problem) =>
        {
            var read = int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number);
            value = number;
            problem = read ? "" : $"'{text}' is not a whole number";
            return read;
        }));

    /// <summary>Adds an option with an amount of memory or storage.</summary>
    public static Option<long?> Size(this Command command, string name, string description) =>
        Added(command, Parsed<long?>(name, description, "SIZE", (string text, out long? value, out string problem) =>
        {
            var read = ByteSize.TryParse(text, out var bytes, out problem);
            value = bytes;
            return read;
        }));

    /// <summary>Adds an option with a length of time.</summary>
    public static Option<Duration?> Duration(this Command command, string name, string description) => Added(command, NewDuration(name, description));

    /// <summary>Makes an option with a length of time.</summary>
    public static Option<Duration?> NewDuration(string name, string description) =>
        Parsed<Duration?>(name, description, "DURATION", (string text, out Duration? value, out string problem) =>
        {
            var read = DurationText.TryParse(text, out var duration, out problem);
            value = duration;
            return read;
        });

    /// <summary>Adds an option with a value of an enum of the contract, in its short form; the result is the value's number.</summary>
    public static Option<int?> Choice(this Command command, string name, string description, EnumDescriptor type)
    {
        var option = Parsed<int?>(name, description, string.Join('|', EnumText.Choices(type)), (string text, out int? value, out string problem) =>
        {
            var read = EnumText.TryParse(type, text, out var number, out problem);
            value = number;
            return read;
        });
        option.CompletionSources.Add([.. EnumText.Choices(type)]);
        return Added(command, option);
    }

    private static Option<T> Parsed<T>(string name, string description, string valueName, Reader<T> reader) => new(name)
    {
        Description = description,
        HelpName = valueName,
        CustomParser = result =>
        {
            if (!reader(result.Tokens[^1].Value, out var value, out var problem))
            {
                result.AddError($"{name}: {problem}");
            }

            return value;
        },
    };

    private static TOption Added<TOption>(Command command, TOption option)
        where TOption : Option
    {
        command.Add(option);
        return option;
    }
}
