/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the store, not by anyone else. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <layers/sql.h>
#include <layers/store.h>

/* "INMP": kept in the header of the file (SQLite file format, 1.3.17) */
enum { STORE_APPLICATION_ID = 0x494e4d50 };

struct store {
    sqlite3 *db;
    void *spatialite; /* its cache; NULL for readers, who need no function of it */
    char *path;
    enum store_mode mode;
    sqlite3_stmt *version; /* asked every second */
    unsigned cursors;      /* open scans */
    bool is_reading;       /* the scan's transaction is open */
    bool is_writing;
};

/** What lies at `path`, before SQLite sees it. *is_new: nothing, or an empty file, and
 *  the mode may make one. */
IM_CHECKED enum im_code store_check_file(const char *path,
                                         enum store_mode mode,
                                         bool *is_new,
                                         struct im_error *err);
/** Whose database it is and of which schema. *is_blank: no tables at all. */
IM_CHECKED enum im_code store_check_database(sqlite3 *db,
                                             const char *path,
                                             bool *is_blank,
                                             struct im_error *err);
/** Fill the (registered) spatial index of a layer anew from its rows. */
IM_CHECKED enum im_code
store_fill_rtree(struct store *store, const char *layer, struct im_error *err);
/** End the transaction of a finished scan, so that newer versions become visible. */
void store_end_scan(struct store *store);

/** feature_source's `changes`, from the log of imports. */
IM_CHECKED enum im_code source_changes(void *self,
                                       const char *layer_id,
                                       uint64_t since,
                                       size_t max,
                                       struct im_arena *arena,
                                       const int64_t **fids,
                                       size_t *n,
                                       bool *known,
                                       struct im_error *err);

extern const unsigned char store_schema_sql[];
extern const unsigned char store_upgrade_2_sql[];

#endif
