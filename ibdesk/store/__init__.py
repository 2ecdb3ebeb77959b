"""The encrypted local database, and the plain files beside it.

Charter.
- What: a vault is a folder with a SQLCipher database and a header that wraps its key (`vault`, `header`); one writer
  and two readers, each a thread (`database`); query modules of plain functions `(tx, ...) -> domain value`.
- Why Core and no ORM objects: our facts are frozen and cross threads; mapped objects are mutable and remember a
  session. Tried: mapped objects cost 20 times more to store and 400 times more to read for drawing
  (`benchmarks/bench_db.py`).
- Why rows are closed and not deleted: a position that vanished is a fact too. Why the audit log is chained: so that
  a changed row is noticed, by whomever; its end is sealed, so that a cut-off end is noticed too.
- Why nothing is pruned: at a sync every 30 s around the clock an account adds 0.17 MB of equity and 0.4 MB of sync log
  a day, and every API call 230 bytes of audit (5 calls an account and sync: 3.3 MB a day). Nothing reads all of it
  but the full check, a second per 200 MB. The audit reaches a gigabyte after a year of that; sealing it into yearly
  files is the step to take then, never deleting from its middle.
- How files are exchanged (a new key, a restore): the new database is made and proved beside the old one and staged,
  then the header is exchanged by one rename, which decides; `vault.open` finishes or takes back what a killed desk
  began (`vault.put_in_place`, `vault.settle_staged`). Not taken: `PRAGMA rekey`, which rewrites the only copy
  there is in its place.
- What would change our mind: a store shared by several desks (the trust's tables alone; they run on PostgreSQL), or a
  series too long for rows.
Only this room imports sqlalchemy, alembic, sqlcipher3 and keyring. Errors of the engine and of the disk are put into
words at its edge (`cipher.engine_errors`, `files.disk_errors`); what is left is a mistake of ours and looks like one.
"""
