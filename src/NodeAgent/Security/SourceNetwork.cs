using System.Net;
using System.Net.Sockets;

namespace NodeAgent.Security;

/// <summary>
/// Where somebody comes from of whom nothing else is known: an address, and of IPv6 the network of 64 bits that it is in,
/// because whoever has one of its addresses has them all (RFC 4291, section 2.5.1).
/// </summary>
internal static class SourceNetwork
{
    private const int PrefixBytes = 8;

    /// <summary>Names it; what is no address has an empty name.</summary>
    public static string Of(EndPoint? remote)
    {
        if (remote is not IPEndPoint { Address: var address })
        {
            return "";
        }

        if (address.IsIPv4MappedToIPv6 || address.AddressFamily is not AddressFamily.InterNetworkV6)
        {
            return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(PrefixBytes).Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
