/* SPDX-License-Identifier: Apache-2.0 */
/* The parameter `datetime`: an instant, a day, a month, a year, or a span of two. */
#ifndef TIME_PARAM_H
#define TIME_PARAM_H

#include <engine/query.h>

/**
 * "2016", "2016-05", "2016-05-01", "2016-05-01T08:00:00Z" (RFC 3339), or two of them
 * with a slash, of which one may be ".." or empty: open (OGC 17-069r4, 7.15.3). A year,
 * month or day lasts until its last second; both ends belong.
 * Errors: IM_EARG with what is allowed.
 */
IM_CHECKED enum im_code
time_param_parse(struct im_bytes text, struct query_time *out, struct im_error *err);

#endif
