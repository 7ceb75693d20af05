/* SPDX-License-Identifier: Apache-2.0 */
/* The current snapshot, and the thread that replaces it when the data change. */
#ifndef WEB_CURRENT_H
#define WEB_CURRENT_H

#include "snapshot.h"

struct current;

/**
 * Open the database, build the first snapshot and start watching. `shared` lives longer
 * than any snapshot. Errors of store_open and atlas_build.
 */
IM_CHECKED enum im_code current_open(const char *db_path,
                                     bool leave_out_unreviewed,
                                     struct snapshot_shared *shared,
                                     struct current **out,
                                     struct im_error *err);
/** Stops the watcher; snapshots that are still referenced live on. NULL is fine. */
void current_close(struct current *current);
/** A new reference. */
struct snapshot *current_get(struct current *current);
/** False while the last look at the database failed (the old snapshot is served). */
bool current_is_healthy(struct current *current);

#endif
