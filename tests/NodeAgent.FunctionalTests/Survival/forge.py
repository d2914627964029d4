"""Writes in a ledger's audit log as somebody would who is root and knows its form: the checksums of rows are right again.

    forge.py LEDGER naive|changed|removed|swapped|cut-off|rewritten
"""

import hashlib
import sqlite3
import struct
import sys

COLUMNS = ("seq", "time", "until", "kind", "count", "caller", "source", "method", "subject", "vm_id", "request_id",
           "operation_id", "result", "reason", "detail", "hash")
TICKS, EPOCH = 10_000_000, 621_355_968_000_000_000
TABLE = []
for byte in range(256):
    value = byte
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    TABLE.append(value)


def crc(state, data):
    for byte in data:
        state = state >> 8 ^ TABLE[(state ^ byte) & 255]
    return state


def add(state, value):
    if value is None:
        return crc(state, struct.pack("<Q", 0x9E3779B97F4A7C15))
    if isinstance(value, int):
        return crc(state, b"i" + struct.pack("<q", value))
    return crc(state, b"t" + struct.pack("<Q", len(value.encode("utf-16-le")) // 2) + value.encode("utf-16-le"))


def checksum(table, values):
    state = add(0xFFFFFFFF, table)
    for value in values:
        state = add(state, value)
    return ~state & 0xFFFFFFFF


def chain(previous, row):
    seconds = [((row[name] - EPOCH) // TICKS, (row[name] - EPOCH) % TICKS * 100) for name in ("time", "until")]
    fields = ["nodeagent-audit-1", row["seq"], *seconds[0], *seconds[1]] + [row[name] or "" for name in COLUMNS[3:-1]]
    digest = hashlib.sha256(bytes.fromhex(previous))
    for field in fields:
        text = str(field).encode()
        digest.update(struct.pack(">I", len(text)) + text)
    return digest.hexdigest()


def put(ledger, row, mended=True):
    values = [row[name] for name in COLUMNS]
    if mended:
        ledger.execute("DELETE FROM audit WHERE seq = ?", (row["seq"],))
        ledger.execute(f"INSERT INTO audit VALUES ({', '.join('?' * 17)})", (*values, checksum("audit", values)))
    else:
        ledger.execute("UPDATE audit SET caller = ? WHERE seq = ?", (row["caller"], row["seq"]))


def put_head(ledger, row):
    head = f"{row['seq']}:{row['hash']}"
    ledger.execute("UPDATE meta SET value = ?, checksum = ? WHERE key = 'audit_head'", (head, checksum("meta", ["audit_head", head])))


ledger = sqlite3.connect(sys.argv[1])
rows = [dict(zip(COLUMNS, row)) for row in ledger.execute(f"SELECT {', '.join(COLUMNS)} FROM audit ORDER BY seq")]
middle = len(rows) // 2
if sys.argv[2] in ("naive", "changed"):
    put(ledger, rows[middle] | {"caller": "nobody"}, mended=sys.argv[2] == "changed")
elif sys.argv[2] == "removed":
    ledger.execute("DELETE FROM audit WHERE seq = ?", (rows[middle]["seq"],))
elif sys.argv[2] == "swapped":
    one, other = rows[middle], rows[middle + 1]
    put(ledger, other | {"seq": one["seq"]})
    put(ledger, one | {"seq": other["seq"]})
elif sys.argv[2] == "cut-off":
    ledger.execute("DELETE FROM audit WHERE seq > ?", (rows[-4]["seq"],))
    put_head(ledger, rows[-4])
elif sys.argv[2] == "rewritten":
    rows[middle]["caller"] = "nobody"
    for before, row in zip(rows[middle - 1:], rows[middle:]):
        row["hash"] = chain(before["hash"], row)
        put(ledger, row)
    put_head(ledger, rows[-1])
else:
    sys.exit(__doc__)
ledger.commit()
ledger.close()
print(rows[middle]["seq"])
