/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite with this project's errors: each failure says what to do next. */
#ifndef LAYERS_SQL_H
#define LAYERS_SQL_H

#include <engine/bytes.h>

#include <sqlite3.h>

/** The connection's last error as one of ours: locked, full, read-only, broken ... */
enum im_code sql_fail(sqlite3 *db, struct im_error *err);

/** Run statements that return nothing of interest. */
IM_CHECKED enum im_code sql_exec(sqlite3 *db, const char *sql, struct im_error *err);
/** The same with sqlite3_mprintf formatting: %Q for texts, "%w" for names. */
IM_CHECKED enum im_code
sql_execf(sqlite3 *db, struct im_error *err, const char *fmt, ...);
/** Prepare one statement; the caller finalizes it. Formatting as sql_execf. */
IM_CHECKED enum im_code sql_prepare(
    sqlite3 *db, sqlite3_stmt **out, struct im_error *err, const char *fmt, ...);
/** One step. *row tells whether there is a row to read. */
IM_CHECKED enum im_code sql_step(sqlite3_stmt *stmt, bool *row, struct im_error *err);
/** Step a statement that returns no rows, then reset it for the next use. */
IM_CHECKED enum im_code sql_run(sqlite3_stmt *stmt, struct im_error *err);
/** The first column of the first row as an integer; 0 when there is no row. */
IM_CHECKED enum im_code
sql_integer(sqlite3 *db, int64_t *out, struct im_error *err, const char *fmt, ...);
/** A SpatiaLite function that answers 1 when it did its work and 0 when not. */
IM_CHECKED enum im_code
sql_spatialite(sqlite3 *db, struct im_error *err, const char *fmt, ...);

bool sql_bind_text(sqlite3_stmt *stmt, int index, const char *text);
/** Text of a column, borrowed until the next step; "" for null. */
const char *sql_text(sqlite3_stmt *stmt, int column);

#endif
