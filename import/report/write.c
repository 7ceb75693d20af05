/* SPDX-License-Identifier: Apache-2.0 */
/* A report as a file. */
#include "log.h"

enum im_code import_report_write(const struct import_report *report,
                                 const char *path,
                                 const char *lang,
                                 struct im_error *err)
{
    (void)report;
    (void)lang;
    im_fail(err, IM_EARG, "'%s': reports are not written yet", path);
    return im_zh(err, IM_EARG, "“%s”：尚不能写报告", path);
}
