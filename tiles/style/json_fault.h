/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a text that is no JSON, so that a person can mend it. */
#ifndef TILES_STYLE_JSON_FAULT_H
#define TILES_STYLE_JSON_FAULT_H

#include <engine/bytes.h>
#include <engine/error.h>

#include <jansson.h>

/** Always IM_EDATA. `name`: of the text, before the message; "" for none. */
enum im_code json_fault(const char *name,
                        struct im_bytes text,
                        const json_error_t *fault,
                        struct im_error *err);

#endif
