/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of finding out which column is which field; plan.c takes them in turn. */
#ifndef IMPORT_PLAN_COLUMNS_H
#define IMPORT_PLAN_COLUMNS_H

#include "parts.h"

/** A plan that is being made. */
struct making {
    struct plan *plan;
    const struct plan_context *context;
    struct source *source;
    const struct headings *headings;
    struct wishes wishes;
    struct position_wish position;
    struct sample sample;
    struct im_error *err;
};

/* ---- wishes.c ---- */

/** What --map and --set say, else the saved mapping. IM_EARG: a column or field that is
 *  not there. */
IM_CHECKED enum im_code take_wishes(struct making *m);
/** Fields that take the value from above where a cell is empty; after the columns. */
IM_CHECKED enum im_code take_fill_down(struct making *m);

/* ---- columns.c ---- */

/** Marks columns of personal data, unless they are asked for. */
void find_personal(struct making *m);
/** By what columns are called. IM_EDATA: two mean the same field. */
IM_CHECKED enum im_code match_names(struct making *m);
/** A column called 代码 that holds division codes is no key. */
void mend_key(struct making *m);
/** Columns whose cells are all codes of one list, or all division codes. */
void match_content(struct making *m);
/** "所在地区" may hold cities, districts, both: known names only count. */
void match_region(struct making *m);

/* ---- units.c ---- */

void find_units(struct making *m);

/* ---- columns_report.c ---- */

/** IM_EDATA: no column for the key or a required field. */
IM_CHECKED enum im_code check_missing(struct making *m);
IM_CHECKED enum im_code write_report(struct making *m);
/** The names of the first n things as "a, b, c", cut with "…". */
void columns_list(char *out,
                  size_t size,
                  size_t n,
                  const char *(*name)(const struct plan *, size_t),
                  const struct plan *plan);
/** The name of column `i`, for columns_list. */
const char *columns_name_of(const struct plan *plan, size_t i);

#endif
