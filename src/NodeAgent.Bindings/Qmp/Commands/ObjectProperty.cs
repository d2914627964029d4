using System.Text.Json;

namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>qom-list</c>.</summary>
/// <param name="Path">Place in the object tree, such as <c>/machine</c>.</param>
public sealed record ListPropertiesArguments(string Path);

/// <summary>Arguments of <c>qom-get</c>.</summary>
/// <param name="Path">Place in the object tree.</param>
/// <param name="Property">Name of the property.</param>
public sealed record GetPropertyArguments(string Path, string Property);

/// <summary>Arguments of <c>device-list-properties</c>.</summary>
/// <param name="Typename">Type of the device, such as <c>virtio-blk-pci</c>.</param>
public sealed record DevicePropertiesArguments(string Typename);

/// <summary>A property of an object or a device (QAPI <c>ObjectPropertyInfo</c>).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, such as <c>bool</c>, <c>uint32</c> or <c>link&lt;...&gt;</c>.</param>
/// <param name="Description">What it is for.</param>
/// <param name="DefaultValue">Its value when nothing is said.</param>
public sealed record ObjectProperty(
    string Name, string Type, string? Description = null, JsonElement? DefaultValue = null);
