/* SPDX-License-Identifier: Apache-2.0 */
/* The report of an import as people read it in a terminal, on standard output. */
#ifndef IMPORT_REPORT_TEXT_H
#define IMPORT_REPORT_TEXT_H

#include <import/import.h>

#include <engine/query.h>

/** `name`: how the file is called. Of a quiet import only what was refused, repaired or
 *  has to be checked. */
void report_print(enum lang lang,
                  const struct import_report *r,
                  const char *name,
                  bool is_quiet,
                  bool is_dry_run);
/** "12 rows read, 3 added", without the end of the line. */
void report_print_counts(enum lang lang, const struct import_counts *c);
/** The columns that are in no field. */
void report_print_unknown(enum lang lang, const struct import_report *r);
/** What was refused, repaired, has no position or has to be checked, row by row. */
void report_print_events(enum lang lang, const struct import_report *r);

#endif
