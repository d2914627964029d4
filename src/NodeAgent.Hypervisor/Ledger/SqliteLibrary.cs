using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Binds to the system's SQLite, once a process.</summary>
internal static class SqliteLibrary
{
    private static readonly Lock Gate = new();
    private static bool _isBound;

    public static void Bind()
    {
        lock (Gate)
        {
            if (_isBound)
            {
                return;
            }

            // The provider asks for "sqlite3", which resolves to libsqlite3.so: a name that only the development
            // package installs. A host has libsqlite3.so.0.
            NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_sqlite3).Assembly, Resolve);
            raw.SetProvider(new SQLite3Provider_sqlite3());
            _isBound = true;
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == "sqlite3" && NativeLibrary.TryLoad("libsqlite3.so.0", assembly, path, out nint library) ? library : 0;
}
