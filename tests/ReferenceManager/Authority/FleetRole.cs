namespace ReferenceManager.Authority;

/// <summary>What the holder of a certificate is; docs/security.md says what each may do.</summary>
internal enum FleetRole
{
    Node,
    Manager,
    Admin,
    Operator,
    Viewer,
    Metrics,
}
