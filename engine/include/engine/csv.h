/* SPDX-License-Identifier: Apache-2.0 */
/* Comma-separated values (RFC 4180) for table programmes. */
#ifndef ENGINE_CSV_H
#define ENGINE_CSV_H

#include <engine/bytes.h>

/** Would a table programme take the text for a formula: does it begin with = + - @,
 *  their full-width forms, a tab or a line break, and is no plain number? */
bool im_csv_is_formula(struct im_bytes text);
/** Is the text to be written behind an apostrophe? A formula, and also a text that
 * looks as if it were guarded already, so that taking one apostrophe away from what was
 *  written always gives back what was there. */
bool im_csv_needs_guard(struct im_bytes text);
/** A cell of a file that was written so, without its guard; a view into the input. */
struct im_bytes im_csv_unguard(struct im_bytes text);

/** Zero-initialise with the buffer: `struct im_csv w = {.out = &buf};` */
struct im_csv {
    struct im_buf *out;
    bool follows; /* a cell of this row precedes */
};

/** A cell; quoted where it must be. */
void im_csv_cell(struct im_csv *w, struct im_bytes text);
/** The same behind an apostrophe, which makes a formula a text. */
void im_csv_guarded_cell(struct im_csv *w, struct im_bytes text);
/** CR LF, as the RFC has it. */
void im_csv_end_row(struct im_csv *w);

#endif
