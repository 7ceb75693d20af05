-- The tables of an innomap database beside SpatiaLite's own. Run once, inside the
-- transaction that makes the file. A change here raises STORE_SCHEMA_VERSION and adds
-- what brings an older file to it (upgrade_N.sql: from version N - 1).
--
-- The file is an ordinary SpatiaLite database: no triggers and no virtual tables but
-- those that SpatiaLite itself makes. Each layer has a table named by its id with
-- `fid INTEGER PRIMARY KEY`, one column per declared field and (unless the layer is a
-- table) `geom`, EPSG:4326, registered and with a spatial index; the key field has the
-- unique index innomap_key_<id>.

-- One row each: 'data_version' (rises with every commit that changed a layer),
-- 'created_at' (UTC).
CREATE TABLE innomap_meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- The catalog: all that a server needs to know about a layer.
CREATE TABLE innomap_layers (
    id         TEXT PRIMARY KEY NOT NULL,
    definition TEXT NOT NULL,              -- layer.json as imported
    style      TEXT NOT NULL DEFAULT '',   -- style.json as imported, '' when none
    version    INTEGER NOT NULL DEFAULT 1, -- rises with every committed change
    changed_at TEXT NOT NULL               -- UTC, 2026-01-02T03:04:05Z
);

-- The import log: one row per import that was committed, and per one that failed.
CREATE TABLE innomap_runs (
    run_id      INTEGER PRIMARY KEY,
    layer_id    TEXT NOT NULL,
    origin      TEXT NOT NULL,    -- 'file', 'shipped', 'derived' or 'undo'
    file_name   TEXT NOT NULL,    -- without folders
    file_size   INTEGER NOT NULL, -- bytes
    file_hash   TEXT NOT NULL,    -- XXH3, 64 bit, hexadecimal
    fingerprint TEXT NOT NULL,    -- the same over file, definition, style and options
    started_at  TEXT NOT NULL,    -- UTC
    finished_at TEXT NOT NULL,
    crs         TEXT NOT NULL,    -- how positions were understood
    n_read      INTEGER NOT NULL, -- = added + changed + unchanged + refused + skipped
    n_added     INTEGER NOT NULL,
    n_changed   INTEGER NOT NULL,
    n_unchanged INTEGER NOT NULL,
    n_refused   INTEGER NOT NULL,
    n_unplaced  INTEGER NOT NULL, -- of the taken rows: without a position
    n_skipped   INTEGER NOT NULL, -- wholly empty rows
    n_gone      INTEGER NOT NULL, -- removed from the layer
    version     INTEGER NOT NULL, -- of the layer afterwards
    outcome     TEXT NOT NULL,    -- 'changed', 'unchanged' or 'failed'
    message     TEXT NOT NULL,    -- why it failed, or of the first row refused
    message_zh  TEXT NOT NULL DEFAULT '',
    mode        TEXT NOT NULL DEFAULT '',   -- 'upsert', 'replace', 'append'
    driver      TEXT NOT NULL DEFAULT '',   -- 'CSV', 'XLSX' ...
    encoding    TEXT NOT NULL DEFAULT '',
    options     TEXT NOT NULL DEFAULT '{}', -- JSON, without anything secret
    who         TEXT NOT NULL DEFAULT '',   -- login name of whoever ran it
    n_repaired  INTEGER NOT NULL DEFAULT 0,
    undo_of     INTEGER,                    -- the run that this one takes back
    -- What it takes to go back. `kept`: the rows before are in innomap_changes.
    kept        INTEGER NOT NULL DEFAULT 0,
    n_bytes     INTEGER NOT NULL DEFAULT 0, -- of those rows
    columns     TEXT NOT NULL DEFAULT '[]', -- JSON: what a record holds, in order
    definition_before TEXT, -- null: this run did not change it; '': there was no layer
    style_before      TEXT  -- null: this run did not change it
);
CREATE INDEX innomap_runs_layer ON innomap_runs (layer_id, run_id);

-- What each run did to the rows of its layer. Rows added one after the other are one
-- line (fid to last_fid); of a row changed or gone the whole row before is kept (byte
-- table in layers/store/record.c). Derived layers are made anew instead.
CREATE TABLE innomap_changes (
    change_id INTEGER PRIMARY KEY,
    run_id    INTEGER NOT NULL,
    op        TEXT NOT NULL,    -- 'added', 'changed' or 'gone'
    fid       INTEGER NOT NULL,
    last_fid  INTEGER NOT NULL,
    key,                        -- of the row before, in the type of the key field
    record    BLOB
);
CREATE INDEX innomap_changes_run ON innomap_changes (run_id, fid);

-- How a position came about when it was not simply given: the newest line of a key is
-- that of the row as it is; '' takes an older one back.
CREATE TABLE innomap_lineage (
    layer_id TEXT NOT NULL,
    key      NOT NULL,         -- in the type of the key field
    run_id   INTEGER NOT NULL,
    position TEXT NOT NULL,    -- JSON: {"x", "y", "crs"} or {"matched", "layer", ...}
    PRIMARY KEY (layer_id, key, run_id)
) WITHOUT ROWID;

INSERT INTO innomap_meta VALUES
    ('data_version', '0'),
    ('created_at', strftime('%Y-%m-%dT%H:%M:%SZ', 'now'));
