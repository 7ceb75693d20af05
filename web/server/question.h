/* SPDX-License-Identifier: Apache-2.0 */
/* "Nearest" and "within" as people ask them, over HTTP or on the command line: layers
 * and places by name. */
#ifndef WEB_QUESTION_H
#define WEB_QUESTION_H

#include "http_params.h"

#include <engine/query.h>

struct question {
    bool within;            /* else nearest */
    struct im_bytes layers; /* ids, separated by commas */
    struct im_bytes near;   /* a place's name; empty: the position */
    bool has_lon;
    bool has_lat;
    double lon;
    double lat;
    uint32_t k;
    double max_m; /* HUGE_VAL: none */
    enum precision coarsest;
    bool leave_out_unreviewed;
    struct im_deadline deadline;
};

/** Everything lives in the arena of question_ask. */
struct question_answer {
    struct query_request request;
    struct query_places places; /* what `near` was understood as; n is 0 without */
    struct query_answer answer;
};

/**
 * Errors: IM_EARG what is asked makes no sense; IM_ENOTFOUND unknown layer or place;
 * IM_EAMBIGUOUS `out->places` holds the choices. `fault` names parameter and value.
 */
IM_CHECKED enum im_code question_ask(const struct atlas *atlas,
                                     const struct question *question,
                                     struct im_arena *arena,
                                     struct question_answer *out,
                                     struct param_fault *fault,
                                     struct im_error *err);

/** What every map and every answer says about itself (DESIGN, "Tiles"). */
static inline const char *notice_text(enum lang lang)
{
    return lang == LANG_ZH ? "示意图，不作划界依据"
                           : "Sketch map, not a basis for boundaries";
}
static inline const char *review_number_text(const char *configured)
{
    return configured && *configured ? configured : "无审图号";
}

/** Is the layer offered for questions: public, not of the base map, with positions? */
bool question_takes_layer(const struct layer_schema *schema);

#endif
