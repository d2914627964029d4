using NodeAgent.Bindings.Bus;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Units;

/// <summary>
/// What QEMU may do to the host, which is next to nothing: a user of its own without any privilege, devices and network
/// only where its VM has them, and of the file system what every program reads. Its disks and sockets come as
/// descriptors, so that none of this stands in its way. See systemd.exec(5) for each property.
/// </summary>
internal static class UnitSandbox
{
    /// <summary>What a guest on KVM is given.</summary>
    public const string KvmDevice = "/dev/kvm";

    /// <param name="request">The VM.</param>
    /// <param name="view">What it sees of the host's files.</param>
    public static IEnumerable<UnitProperty> Properties(LaunchRequest request, UnitView view)
    {
        var kvm = request.Boot.Accelerator == Accelerator.Kvm;

        // The user exists while the unit does, and is nobody else's.
        yield return new("DynamicUser", UnitValue.Of(true));
        yield return new("User", UnitValue.Of(UnitName.User(request.RunId)));
        if (kvm && DeviceAccess.ToKvm().Group is { } group)
        {
            yield return new("SupplementaryGroups", UnitValue.Of([group]));
        }

        yield return new("UMask", UnitValue.Of(0x3Fu));
        yield return new("CapabilityBoundingSet", UnitValue.Of(0ul));
        yield return new("AmbientCapabilities", UnitValue.Of(0ul));
        yield return new("NoNewPrivileges", UnitValue.Of(true));
        yield return new("LockPersonality", UnitValue.Of(true));
        yield return new("RestrictNamespaces", UnitValue.Of(0ul));
        yield return new("RestrictRealtime", UnitValue.Of(true));
        yield return new("RestrictSUIDSGID", UnitValue.Of(true));
        yield return new("SystemCallArchitectures", UnitValue.Of(["native"]));
        yield return new("KeyringMode", UnitValue.Of("private"));

        yield return new("ProtectSystem", UnitValue.Of("strict"));
        yield return new("ProtectHome", UnitValue.Of("tmpfs"));
        yield return new("PrivateTmp", UnitValue.Of(true));
        yield return new("ProtectProc", UnitValue.Of("invisible"));
        yield return new("ProtectClock", UnitValue.Of(true));
        yield return new("ProtectControlGroups", UnitValue.Of(true));
        yield return new("ProtectHostname", UnitValue.Of(true));
        yield return new("ProtectKernelLogs", UnitValue.Of(true));
        yield return new("ProtectKernelModules", UnitValue.Of(true));
        yield return new("ProtectKernelTunables", UnitValue.Of(true));
        yield return new("TemporaryFileSystem", UnitValue.Pairs([.. view.Emptied.Select(path => (path, "ro,mode=0755"))]));

        // Its own display sockets, its kernel, and nothing else that was hidden above. (The unit's note is root's.) Both are
        // gone when the last command of the unit runs after the agent has seen the end and cleared away.
        yield return new("BindPaths", UnitValue.Binds(
            [
                new UnitBind(request.Directory.Display, request.Directory.Display) { IgnoreMissing = true },
                new UnitBind(request.Directory.Unit, request.Directory.Unit) { IgnoreMissing = true },
                .. kvm ? [new UnitBind(KvmDevice, KvmDevice)] : (UnitBind[])[],
            ]));
        if (view.Files.Count > 0)
        {
            // Never empty: that would take back the paths above.
            yield return new("BindReadOnlyPaths", UnitValue.Binds([.. view.Files]));
        }

        yield return new("PrivateDevices", UnitValue.Of(true));
        yield return new("DevicePolicy", UnitValue.Of("closed"));
        yield return new("DeviceAllow", UnitValue.Pairs(kvm ? [(KvmDevice, "rw")] : []));

        yield return new("PrivateIPC", UnitValue.Of(true));
        foreach (var property in UnitNetwork.Properties(request.Spec))
        {
            yield return property;
        }
    }
}
