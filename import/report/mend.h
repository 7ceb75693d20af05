/* SPDX-License-Identifier: Apache-2.0 */
/* The file of refused rows: the columns of the source, then three of ours. A person
 * mends it in a table programme and imports it again.
 *
 * Cells that such a programme would take for a formula are guarded by an apostrophe at
 * their start; an import takes it away again, because the header carries our columns.
 */
#ifndef IMPORT_MEND_H
#define IMPORT_MEND_H

#include <engine/bytes.h>

enum { MEND_COLUMNS = 3 };
/** 行号 问题 建议, row problem suggestion: always the last three, in this order. */
extern const char *const MEND_ZH[MEND_COLUMNS];
extern const char *const MEND_EN[MEND_COLUMNS];

/** Are the last three of the columns ours? They are no data then, and cells go through
 *  im_csv_unguard. A column that is merely called 建议 is the file's own. */
bool mend_header(const char *const *names, size_t n);

#endif
