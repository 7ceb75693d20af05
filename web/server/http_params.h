/* SPDX-License-Identifier: Apache-2.0 */
/* Query parameters by a typed table: unknown, repeated and malformed ones are refused
 * with the value and what is allowed. */
#ifndef HTTP_PARAMS_H
#define HTTP_PARAMS_H

#include "http_url.h"

enum param_kind {
    PARAM_TEXT,
    PARAM_NUMBER,
    PARAM_INTEGER,
    PARAM_CHOICE,
    PARAM_FLAG /* true or false */
};
enum { PARAM_MAX = 64 };

struct param_spec {
    const char *name;
    enum param_kind kind;
    double min; /* of numbers; of texts: length in bytes */
    double max;
    const char *const *choices; /* PARAM_CHOICE: NULL-terminated */
};

struct param_value {
    bool is_set;
    struct im_bytes text; /* as sent, decoded; points into the URL */
    double number;
    int64_t integer;
    int choice; /* index into choices; of a flag: 0 or 1 */
};

/** What an error answer says beside its text; members may be "". */
struct param_fault {
    char name[64];
    char value[128];
    char allowed[400]; /* the names of all parameters of an operation */
};

/**
 * Fill `values`, one for each of `n` <= PARAM_MAX specs. `v`, `t` and `_` are taken
 * from anyone and ignored here: caches and clients append them to make a URL new.
 *
 * Errors: IM_EARG unknown (with the nearest known name), repeated or malformed
 *         parameter; `fault` names it
 */
IM_CHECKED enum im_code params_parse(const struct http_url *url,
                                     const struct param_spec *specs,
                                     size_t n,
                                     struct param_value *values,
                                     struct param_fault *fault,
                                     struct im_error *err);
/** The same of names and values that came in another way (a form, JSON, options). */
IM_CHECKED enum im_code params_parse_pairs(const struct url_param *pairs,
                                           size_t n_pairs,
                                           const struct param_spec *specs,
                                           size_t n,
                                           struct param_value *values,
                                           struct param_fault *fault,
                                           struct im_error *err);

/** Copy text for a message: cut at a character, control characters as spaces. */
void param_quote(char *out, size_t size, struct im_bytes text);

/** The value of the first parameter of that name; false when there is none. */
bool param_find(const struct url_param *pairs,
                size_t n,
                const char *name,
                struct im_bytes *out);
bool url_param_find(const struct http_url *url, const char *name, struct im_bytes *out);

#endif
