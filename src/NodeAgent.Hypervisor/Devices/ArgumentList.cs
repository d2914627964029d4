using System.Collections.Immutable;
using System.Text.Json.Nodes;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Devices;

/// <summary>The argument list under construction, with the addresses of the devices that went into it.</summary>
/// <param name="family">The kind of machine that the devices go into.</param>
/// <param name="firstFile">Number of the descriptor that the first file is found at.</param>
internal sealed class ArgumentList(MachineFamily family, int firstFile)
{
    private readonly ImmutableArray<string>.Builder _arguments = ImmutableArray.CreateBuilder<string>();
    private readonly ImmutableArray<DeviceAddress>.Builder _devices = ImmutableArray.CreateBuilder<DeviceAddress>();
    private readonly ImmutableArray<BootFile>.Builder _files = ImmutableArray.CreateBuilder<BootFile>();

    /// <summary>The kind of machine that the devices go into.</summary>
    public MachineFamily Family => family;

    public ImmutableArray<string> Arguments => _arguments.ToImmutable();

    public ImmutableArray<DeviceAddress> Devices => _devices.ToImmutable();

    public ImmutableArray<BootFile> Files => _files.ToImmutable();

    /// <summary>Has a file handed over by descriptor.</summary>
    /// <returns>The name by which QEMU opens it.</returns>
    public string File(string path, bool writable)
    {
        var file = new BootFile(_files.Count + 1, firstFile + _files.Count, path, writable);
        _files.Add(file);

        // Nothing reads the opaque text but people who look at the process list or ask query-fdsets.
        Option("-add-fd", $"fd={file.Descriptor},set={file.Set},opaque={OptionText.Value(path)}");
        return $"/dev/fdset/{file.Set}";
    }

    /// <summary>Adds an option without a value.</summary>
    public void Flag(string option) => _arguments.Add(option);

    /// <summary>Adds an option whose value is complete, or is one text as a whole.</summary>
    public void Option(string option, string value)
    {
        _arguments.Add(option);
        _arguments.Add(value);
    }

    /// <summary>Adds an option in JSON.</summary>
    public void Json(string option, JsonObject value) => Option(option, OptionText.Json(value));

    /// <summary>Adds a device at a place of the machine.</summary>
    /// <param name="name">Its name in the contract.</param>
    /// <param name="driver">Its type.</param>
    /// <param name="id">Its id.</param>
    /// <param name="place">Where it goes.</param>
    /// <param name="properties">What else it is told.</param>
    public void Device(string name, string driver, string id, DevicePlace place, JsonObject? properties = null)
    {
        var device = new JsonObject { ["driver"] = driver, ["id"] = id };
        place.WriteTo(device);
        foreach (var (key, value) in properties ?? [])
        {
            device[key] = value?.DeepClone();
        }

        Json("-device", device);
        Record(name, id, driver, place.Address);
    }

    /// <summary>Records a device that an option other than -device makes.</summary>
    public void Record(string name, string id, string driver, string address) =>
        _devices.Add(new DeviceAddress(name, id, driver, address));
}
