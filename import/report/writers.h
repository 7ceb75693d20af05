/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of a report; write.c opens the file and puts it in place. */
#ifndef IMPORT_WRITERS_H
#define IMPORT_WRITERS_H

#include "log.h"

#include <stdio.h>

/** What every form is made from. Whether the bytes reached the disk is for write.c to
 *  ask (ferror); a writer fails only where it could not make them. */
struct report_writer {
    const struct import_report *report;
    FILE *file;
    bool is_zh;
};

IM_CHECKED enum im_code report_write_json(const struct report_writer *w,
                                          struct im_error *err);
IM_CHECKED enum im_code report_write_html(const struct report_writer *w,
                                          struct im_error *err);
/** Refused rows with the file's own columns, to be mended (mend.h). */
IM_CHECKED enum im_code report_write_csv(const struct report_writer *w,
                                         struct im_error *err);

/** Texts of a report may be missing when an import ended early. */
static inline const char *report_text(const char *text)
{
    return text ? text : "";
}

/** Is it a further fault of the row that `before` told of? */
bool report_same_row(const struct import_event *e,
                     const char *source,
                     const char *sheet,
                     uint64_t row);

#endif
