/* SPDX-License-Identifier: Apache-2.0 */
/* Take an import back. */
#ifndef IMPORT_HISTORY_H
#define IMPORT_HISTORY_H

#include <import/import.h>

/**
 * Rows, definition, style and lineage of the run's layer as they were before it; layers
 * made from that one are made anew. One transaction. The undo is a run itself (origin
 * 'undo'), so undoing it brings back what it took. A layer that the run had made is no
 * longer there afterwards.
 * The report has layer_id, source (the file of the run taken back), run_id and counts:
 * added (rows that are back), changed, gone. Texts in `arena`.
 * Errors: IM_ENOTFOUND no such run; IM_EDATA it changed nothing, what was before it is
 * no longer kept, it is undone already, or later runs come first (they are named in the
 * order in which to undo); IM_EBUSY; IM_EIO.
 */
IM_CHECKED enum im_code import_undo(struct store *store,
                                    int64_t run_id,
                                    struct im_arena *arena,
                                    struct import_report *report,
                                    struct im_error *err);

#endif
