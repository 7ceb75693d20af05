/* SPDX-License-Identifier: Apache-2.0 */
/* Text as people compare it. */
#ifndef ENGINE_TEXT_H
#define ENGINE_TEXT_H

#include <engine/bytes.h>

/**
 * Append the folded form of `text`: compatibility forms unified (full width to half,
 * NFKC), case folded, spaces, controls and every kind of bracket left out. Malformed
 * UTF-8 gives what folds to nothing. Two names that fold alike are the same name.
 */
void text_fold(struct im_bytes text, struct im_buf *out);

/**
 * Length of a folded name without its administrative suffix (市, 区, 县, city,
 * district, county); its whole length when there is none or too little would remain.
 */
size_t text_without_suffix(struct im_bytes folded);

/** Insertions, deletions and replacements of code points between two texts of at most
 *  64 code points; more than `limit` is returned as limit + 1. */
unsigned text_edit_distance(struct im_bytes a, struct im_bytes b, unsigned limit);

/**
 * The name most like `given`: one character in three may differ, or characters were
 * left out of it ("lvl" of "level"). NULL: none is like it. `names` ends with NULL.
 */
const char *text_nearest(struct im_bytes given, const char *const *names);

#endif
