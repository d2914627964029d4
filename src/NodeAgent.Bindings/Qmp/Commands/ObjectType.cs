namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>qom-list-types</c>.</summary>
/// <param name="Implements">Only types that are also of this one, such as <c>device</c>.</param>
/// <param name="Abstract">True to include abstract types.</param>
public sealed record ListTypesArguments(string? Implements = null, bool? Abstract = null);

/// <summary>A type of object or device (QAPI <c>ObjectTypeInfo</c>).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Abstract">Whether no object can be of exactly this type.</param>
/// <param name="Parent">The type that it is derived from.</param>
public sealed record ObjectType(string Name, bool Abstract = false, string? Parent = null);
