using Microsoft.Data.Sqlite;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>A prepared statement with parameters <c>$1</c>, <c>$2</c>, …; used by one thread at a time.</summary>
internal sealed class LedgerStatement : IDisposable
{
    private readonly SqliteCommand _command;

    public LedgerStatement(SqliteCommand command, string sql)
    {
        _command = command;
        _command.CommandText = sql;
    }

    /// <summary>Runs a statement that yields no rows.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Run(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return _command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row; null when there is none or it is NULL.</summary>
    public object? Scalar(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return _command.ExecuteScalar() is { } value and not DBNull ? value : null;
    }

    /// <summary>Runs a query; the caller disposes the reader before the statement is used again.</summary>
    public SqliteDataReader Query(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return _command.ExecuteReader();
    }

    public void Dispose() => _command.Dispose();

    private void Bind(ReadOnlySpan<object?> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (i == _command.Parameters.Count)
            {
                _command.Parameters.Add(new SqliteParameter { ParameterName = $"${i + 1}" });
            }

            _command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }
    }
}
