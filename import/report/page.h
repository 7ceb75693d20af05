/* SPDX-License-Identifier: Apache-2.0 */
/* The HTML report:
 *
 *   page.c         text onto the page
 *   html.c         head, mapping, lineage
 *   html_events.c  the lists of rows
 *   page.css.h     how it looks
 */
#ifndef IMPORT_PAGE_H
#define IMPORT_PAGE_H

#include "writers.h"

enum { PAGE_MAX_SHOWN = 2000 }; /* rows of one list; a browser has to hold them */

struct page {
    const struct report_writer *w;
    const struct list *list; /* that is being written */
    uint64_t shown;          /* rows of it */
};

const char *page_say(const struct page *p, const char *zh, const char *en);
/** Markup of our own, never text of others. */
void page_put(const struct page *p, const char *html);
/** The only way by which text of others gets onto the page. */
void page_text(const struct page *p, const char *text);
void page_number(const struct page *p, uint64_t value); /* 12,345 */
void page_heading(const struct page *p, const char *zh, const char *en);
/** Opens a cell; on a narrow screen its heading stands before it. */
void page_cell(const struct page *p, const char *class, const char *zh, const char *en);

/** All lists that have rows. */
IM_CHECKED enum im_code page_lists(struct page *p, struct im_error *err);

#endif
