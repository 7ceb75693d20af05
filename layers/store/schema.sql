-- The tables of an innomap database beside SpatiaLite's own. Run once, inside the
-- transaction that makes the file. A change here raises STORE_SCHEMA_VERSION.
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

-- The import log: one row per import that was committed.
CREATE TABLE innomap_runs (
    run_id      INTEGER PRIMARY KEY,
    layer_id    TEXT NOT NULL,
    origin      TEXT NOT NULL,    -- 'file', 'shipped' or 'derived'
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
    outcome     TEXT NOT NULL,    -- 'changed' or 'unchanged'
    message     TEXT NOT NULL
);
CREATE INDEX innomap_runs_layer ON innomap_runs (layer_id, run_id);

INSERT INTO innomap_meta VALUES
    ('data_version', '0'),
    ('created_at', strftime('%Y-%m-%dT%H:%M:%SZ', 'now'));
