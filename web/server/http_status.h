/* SPDX-License-Identifier: Apache-2.0 */
/* From error code to HTTP status, and the status's name in two languages. */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

#include <engine/query.h>

int http_status_of(enum im_code code);
/** "Not Found" / "未找到". */
const char *http_status_title(int status, enum lang lang);

#endif
