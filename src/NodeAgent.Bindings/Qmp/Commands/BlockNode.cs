using System.Text.Json.Serialization;

namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>query-named-block-nodes</c>.</summary>
/// <param name="Flat">True leaves out the backing chain of every node, which can be long.</param>
public sealed record NamedBlockNodesArguments(bool? Flat = null);

/// <summary>A block node (QAPI <c>BlockDeviceInfo</c>).</summary>
/// <param name="File">The image's name as QEMU opened it.</param>
/// <param name="Ro">Whether it is read only.</param>
/// <param name="Drv">The driver, such as <c>qcow2</c> or <c>file</c>.</param>
/// <param name="Image">The image behind it.</param>
/// <param name="NodeName">Its name.</param>
/// <param name="BackingFile">The file that it is based on.</param>
/// <param name="BackingFileDepth">Number of files below it.</param>
public sealed record BlockNode(
    string File,
    bool Ro,
    string Drv,
    BlockImage Image,
    string? NodeName = null,
    [property: JsonPropertyName("backing_file")] string? BackingFile = null,
    [property: JsonPropertyName("backing_file_depth")] int BackingFileDepth = 0);

/// <summary>An image (QAPI <c>ImageInfo</c>, the part that describes the image itself).</summary>
/// <param name="Filename">Its file.</param>
/// <param name="Format">Its format.</param>
/// <param name="VirtualSize">Size that the guest sees, in bytes.</param>
/// <param name="ActualSize">Space taken on the host, in bytes; null where it cannot be known.</param>
/// <param name="DirtyFlag">Whether it was not closed cleanly.</param>
public sealed record BlockImage(
    string Filename, string Format, long VirtualSize, long? ActualSize = null, bool? DirtyFlag = null);
