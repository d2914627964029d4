using System.Globalization;
using System.Xml.Linq;

namespace NodeAgent.Packaging;

/// <summary>Which version of NodeAgent is described, and when it was made.</summary>
/// <param name="Version">The version of Directory.Build.props.</param>
/// <param name="Time">The time of the sources, UTC.</param>
internal sealed record Edition(string Version, DateTimeOffset Time)
{
    /// <summary>The edition of a source tree.</summary>
    /// <param name="root">The folder of NodeAgent.sln.</param>
    /// <param name="epoch">Unix time in seconds, as SOURCE_DATE_EPOCH has it; without one the beginning of that time.</param>
    public static Edition Of(string root, string? epoch)
    {
        var version = XDocument.Load(Path.Combine(root, "Directory.Build.props")).Descendants("VersionPrefix").Single().Value;
        var seconds = long.Parse(string.IsNullOrEmpty(epoch) ? "0" : epoch, NumberStyles.None, CultureInfo.InvariantCulture);
        return new Edition(version, DateTimeOffset.FromUnixTimeSeconds(seconds));
    }

    /// <summary>The day, as manual pages have it.</summary>
    public string Day => Time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
