/* SPDX-License-Identifier: Apache-2.0 */
/* What every map and every answer says about itself (DESIGN, "Tiles"). */
#ifndef API_NOTICE_H
#define API_NOTICE_H

#include <engine/query.h>

static inline const char *notice_text(enum lang lang)
{
    return lang == LANG_ZH ? "示意图，不作划界依据"
                           : "Sketch map, not a basis for boundaries";
}
static inline const char *review_number_text(const char *configured)
{
    return configured && *configured ? configured : "无审图号";
}

#endif
