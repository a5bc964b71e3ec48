-- The spool's statements, for SQLite. Loaded by name (spool.py).

-- name: create_outbox
-- One row per record that waits for its receipt. `owner` is the process that sends it ('' = none).
CREATE TABLE IF NOT EXISTS outbox (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    record_id TEXT    NOT NULL,
    kind      INTEGER NOT NULL,
    rank      INTEGER NOT NULL,
    owner     TEXT    NOT NULL,
    body      BLOB    NOT NULL
);

-- name: create_index_send
-- Answers "what does this process send next".
CREATE INDEX IF NOT EXISTS outbox_owner_seq ON outbox (owner, seq);

-- name: create_index_evict
-- Answers "what does this process give up first".
CREATE INDEX IF NOT EXISTS outbox_owner_rank_seq ON outbox (owner, rank, seq);

-- name: insert
-- Keep records: the row of marks is repeated for as many as there are. One step for all of them,
-- because each step costs the thread the interpreter lock, and with it up to 5 ms in a busy host.
INSERT INTO outbox (record_id, kind, rank, owner, body) VALUES (?, ?, ?, ?, ?)

-- name: next_kind
-- Which kind of request is due: that of the oldest row.
SELECT kind FROM outbox WHERE owner = ? ORDER BY seq LIMIT 1;

-- name: next_rows
-- The oldest rows of one kind, for one request, in one step (as above): column by column, a line each.
SELECT group_concat(seq, char(10)), group_concat(record_id, char(10)), group_concat(rank, char(10)),
       group_concat(CAST(body AS TEXT), char(10))
FROM (SELECT seq, record_id, rank, body FROM outbox WHERE owner = ? AND kind = ? ORDER BY seq LIMIT ?);

-- name: evictable
-- The rows to give up first: lowest impact, then oldest.
SELECT seq, record_id, length(body), body FROM outbox WHERE owner = ? ORDER BY rank, seq LIMIT ?;

-- name: delete
-- Rows have their receipt, or were given up; the mark is repeated.
DELETE FROM outbox WHERE seq IN (?)

-- name: owners
-- Who else has rows here.
SELECT DISTINCT owner FROM outbox WHERE owner <> ?;

-- name: adopt
-- Take over the rows of an owner that is no more.
UPDATE outbox SET owner = ? WHERE owner = ?;

-- name: highest
-- The newest row of a process, to know later whether everything up to it has gone.
SELECT coalesce(max(seq), 0) FROM outbox WHERE owner = ?;

-- name: any_up_to
-- Whether a row up to that one still waits.
SELECT EXISTS (SELECT 1 FROM outbox WHERE owner = ? AND seq <= ?);

-- name: count
-- How many rows of a process wait.
SELECT count(*) FROM outbox WHERE owner = ?;
