/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the commit share.
 *
 *   commit.c   statements, comparing, writing
 *   compare.c  does a stored row differ, and what is told of it
 */
#ifndef IMPORT_COMMIT_H
#define IMPORT_COMMIT_H

#include "identity.h"

struct commit {
    struct store *store;
    sqlite3 *db;
    struct stage *stage;
    enum import_mode mode;
    struct import_report *report;
    int name_field;       /* for what is told; SCHEMA_NO_FIELD */
    sqlite3_stmt *find;   /* by key */
    sqlite3_stmt *reread; /* by fid */
    sqlite3_stmt *insert;
    sqlite3_stmt *update; /* NULL: the import says nothing about stored rows */
    struct stage_row row;
    uint64_t n_add;
    uint64_t n_change;
    uint64_t n_same;
    uint64_t n_unknown;
};

/** Does the import say this of rows that are there already? Their key stays, and what
 *  was only concluded from name or position is worth less than what they have. */
bool commit_is_for_stored(const struct stage *stage, size_t field);

/* `stmt` is at a row of `find` or `reread`, c->row is the row of the file. */

bool commit_same_row(const struct commit *c,
                     const struct stage_entry *entry,
                     sqlite3_stmt *stmt);
/** `column` of the geometry. */
bool commit_same_geometry(const struct commit *c,
                          const struct stage_entry *entry,
                          sqlite3_stmt *stmt,
                          int column);

/* Nothing is told when the report has no log. */

/** One event for each field that differs. `key` of the stored row. */
IM_CHECKED enum im_code commit_tell_changes(struct commit *c,
                                            const struct stage_entry *entry,
                                            sqlite3_stmt *stmt,
                                            const struct source_value *key,
                                            struct im_error *err);
/** A row that IMPORT_APPEND refuses. */
IM_CHECKED enum im_code commit_tell_known(struct commit *c,
                                          const struct source_value *key,
                                          struct im_error *err);
/** `stmt` has the name in its third column. */
IM_CHECKED enum im_code commit_tell_gone(struct commit *c,
                                         const struct source_value *key,
                                         sqlite3_stmt *stmt,
                                         struct im_error *err);

#endif
