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
 *  mend_unguard. A column that is merely called 建议 is the file's own. */
bool mend_header(const char *const *names, size_t n);

/** Would a table programme take the text for a formula (= + - @, their full-width
 *  forms, tab, line break), and it is no plain number? Also true for a text that is
 *  guarded already, so that taking one guard away gives back what was there. */
bool mend_needs_guard(struct im_bytes cell);
/** Without one guarding apostrophe; a view into the input. */
struct im_bytes mend_unguard(struct im_bytes cell);

#endif
