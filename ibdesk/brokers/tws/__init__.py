"""TWS and IB Gateway over their socket: positions, executions and profit as they happen, and orders when allowed.

`seam` is the only file that imports the library (ib_insync below Python 3.14, ib_async from it on), and gives its
client a pair of ears of our own: the library's bookkeeping loses fills of other clients, forgets commissions that come
first and marks live orders cancelled (reference/tws-api.md 3.3, 3.4). `convert*` are the only files that know the
broker's spelling; everything else speaks the domain's words. No task is started here: the stream's reader keeps the
line.
"""
