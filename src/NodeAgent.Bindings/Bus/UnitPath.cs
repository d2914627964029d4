using System.Text;

namespace NodeAgent.Bindings.Bus;

/// <summary>Object paths of units: every byte but letters and digits becomes <c>_</c> and two hexadecimal digits, a leading digit too.</summary>
internal static class UnitPath
{
    public const string Root = "/org/freedesktop/systemd1/unit";

    public static string Of(string unit)
    {
        var path = new StringBuilder(Root).Append('/');
        var bytes = Encoding.UTF8.GetBytes(unit);
        for (var i = 0; i < bytes.Length; i++)
        {
            var letter = (char)bytes[i];
            if (char.IsAsciiLetter(letter) || (char.IsAsciiDigit(letter) && i > 0))
            {
                path.Append(letter);
            }
            else
            {
                path.Append('_').Append(bytes[i].ToString("x2"));
            }
        }

        return bytes.Length == 0 ? path.Append('_').ToString() : path.ToString();
    }
}
