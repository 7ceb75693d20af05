/* SPDX-License-Identifier: Apache-2.0 */
/* All events of a run, kept on disk (a temporary file), so that a million refused rows
 * cost no memory. */
#ifndef IMPORT_LOG_H
#define IMPORT_LOG_H

#include <import/import.h>

/** All texts "". */
void import_report_init(struct import_report *report);

/** Counts events in report->events, keeps the first IMPORT_MAX_FIRST refusals, warnings
 *  and repairs in report->first (texts copied into `arena`). IM_EENV no space in the
 *  folder for temporary files. The columns of the report stand before the first event
 *  that has cells. */
IM_CHECKED enum im_code import_log_open(struct import_report *report,
                                        struct im_arena *arena,
                                        struct im_error *err);
/** Texts are copied. Values are cut at 200 bytes at a character's end and control
 *  characters become spaces; NULL texts count as "". */
IM_CHECKED enum im_code import_log_add(struct import_log *log,
                                       const struct import_event *event,
                                       struct im_error *err);

#endif
