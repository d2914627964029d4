using Google.Protobuf;
using Microsoft.Data.Sqlite;
using NodeAgent.V1;
using ReferenceManager.Storage;

namespace ReferenceManager.Sessions;

/// <summary>One generation of an inventory, complete.</summary>
/// <param name="IsWhole">What is not in it is not on the node.</param>
/// <param name="Node">The node's facts; <c>null</c> when they did not change.</param>
/// <param name="Vms">New and changed VMs.</param>
/// <param name="DeletedVms">Ids of those that are gone.</param>
internal sealed record InventoryChange(bool IsWhole, Node? Node, IReadOnlyList<Vm> Vms, IReadOnlyList<string> DeletedVms)
{
    /// <summary>Puts it on record: as much is written as has changed.</summary>
    public void Save(SqliteConnection connection, string nodeId)
    {
        if (IsWhole)
        {
            connection.Run("DELETE FROM vms WHERE node = ?1", nodeId);
        }

        if (Node is not null)
        {
            connection.Run("UPDATE nodes SET facts = ?2 WHERE id = ?1", nodeId, Node.ToByteArray());
        }

        foreach (var vm in Vms)
        {
            connection.Run("INSERT OR REPLACE INTO vms VALUES (?1, ?2, ?3)", nodeId, vm.Id, vm.ToByteArray());
        }

        foreach (var id in DeletedVms)
        {
            connection.Run("DELETE FROM vms WHERE node = ?1 AND id = ?2", nodeId, id);
        }
    }
}
