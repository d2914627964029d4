using NodeAgent.Fleet;
using NodeAgent.Manager.V1;

namespace NodeAgent.Tests.Fleet;

/// <summary>Text that somebody pasted: a token, or words about what is wrong with it.</summary>
public sealed class JoinTokenFuzzTests
{
    private const string Good = "nodeagent-join-1.";
    private const string Characters = "ABCabc019-_.=+/ \n\0é";

    public static TheoryData<int> Seeds => [.. Fuzz.Seeds];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_text_is_a_token_or_refused_in_words(int seed)
    {
        var random = Fuzz.Dice("token", seed);
        for (var number = 0; number < 3000; number++)
        {
            var text = Text(random);
            try
            {
                JoinTokenText.Parse(text, TimeProvider.System.GetUtcNow()).Endpoints.ShouldNotBeEmpty();
            }
            catch (FleetException refused)
            {
                refused.Reason.ShouldBeOneOf(FleetReason.TokenMalformed, FleetReason.TokenExpired);
            }
            catch (Exception defect) when (defect is not ShouldAssertException)
            {
                throw new InvalidOperationException($"Seed {seed}, text {number}: {text}", defect);
            }
        }
    }

    // Of a message with anything in it, its sum right; or that with characters changed, lost and added.
    private static string Text(Random random)
    {
        var token = (JoinToken)Fuzz.Message(random, JoinToken.Descriptor);
        if (random.Next(2) == 0)
        {
            // Nearly right: what is looked at last is reached.
            token.Endpoints.Add("manager:7443");
            token.CaPins.Clear();
            token.CaPins.Add(Google.Protobuf.ByteString.CopyFrom(new byte[32]));
            token.Secret = Google.Protobuf.ByteString.CopyFrom(new byte[32]);
        }

        var text = TokenTexts.Write(token).ToList();
        for (var changes = random.Next(4); changes > 0 && text.Count > 1; changes--)
        {
            var at = random.Next(random.Next(2) == 0 ? 0 : Math.Min(Good.Length, text.Count - 1), text.Count);
            switch (random.Next(3))
            {
                case 0:
                    text[at] = Characters[random.Next(Characters.Length)];
                    break;
                case 1:
                    text.RemoveAt(at);
                    break;
                default:
                    text.Insert(at, Characters[random.Next(Characters.Length)]);
                    break;
            }
        }

        return new string([.. text]);
    }
}
