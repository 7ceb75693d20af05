-- From schema version 1 to 2: what a lineage and a way back need (see schema.sql).
ALTER TABLE innomap_runs ADD COLUMN message_zh TEXT NOT NULL DEFAULT '';
ALTER TABLE innomap_runs ADD COLUMN mode TEXT NOT NULL DEFAULT '';
ALTER TABLE innomap_runs ADD COLUMN driver TEXT NOT NULL DEFAULT '';
ALTER TABLE innomap_runs ADD COLUMN encoding TEXT NOT NULL DEFAULT '';
ALTER TABLE innomap_runs ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
ALTER TABLE innomap_runs ADD COLUMN who TEXT NOT NULL DEFAULT '';
ALTER TABLE innomap_runs ADD COLUMN n_repaired INTEGER NOT NULL DEFAULT 0;
ALTER TABLE innomap_runs ADD COLUMN undo_of INTEGER;
ALTER TABLE innomap_runs ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
ALTER TABLE innomap_runs ADD COLUMN n_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE innomap_runs ADD COLUMN columns TEXT NOT NULL DEFAULT '[]';
ALTER TABLE innomap_runs ADD COLUMN definition_before TEXT;
ALTER TABLE innomap_runs ADD COLUMN style_before TEXT;

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

CREATE TABLE innomap_lineage (
    layer_id TEXT NOT NULL,
    key      NOT NULL,         -- in the type of the key field
    run_id   INTEGER NOT NULL,
    position TEXT NOT NULL,    -- JSON: {"x", "y", "crs"} or {"matched", "layer", ...}
    PRIMARY KEY (layer_id, key, run_id)
) WITHOUT ROWID;
