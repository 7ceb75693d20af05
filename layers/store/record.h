/* SPDX-License-Identifier: Apache-2.0 */
/* A row as it was, in one blob (byte table in record.c). */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include <layers/history.h>
#include <layers/sql.h>

struct record_value {
    int type; /* SQLITE_INTEGER ... SQLITE_NULL */
    int64_t integer;
    double real;
    struct im_bytes bytes; /* into the record */
};

/** The next value; false at the end, and where the rest is no record. */
bool record_next(struct im_bytes *rest, struct record_value *out);
/** Valid as long as the record. */
void record_bind(sqlite3_stmt *stmt, int index, const struct record_value *value);

/** The columns of a layer's table but fid, in its order, NULL-terminated. */
IM_CHECKED enum im_code record_columns(sqlite3 *db,
                                       const char *layer_id,
                                       struct im_arena *arena,
                                       const char ***out,
                                       struct im_error *err);
/** innomap_runs.columns as a list. */
IM_CHECKED enum im_code record_parse_columns(const char *json,
                                             struct im_arena *arena,
                                             const char ***out,
                                             struct im_error *err);

#endif
