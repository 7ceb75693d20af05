/* SPDX-License-Identifier: Apache-2.0 */
/* The request target, its parameters and the headers that are parsed by us. The first
 * line of the input is the target, the rest is taken as each header in turn. */
#include "http_headers.h"
#include "http_params.h"
#include "upload.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const choices[] = {"zh", "en", NULL};
static const struct param_spec specs[] = {
    {"layer", PARAM_TEXT, 1, 48, NULL},
    {"lon", PARAM_NUMBER, -180, 180, NULL},
    {"k", PARAM_INTEGER, 1, 1000, NULL},
    {"lang", PARAM_CHOICE, 0, 0, choices},
};
enum { N = sizeof specs / sizeof *specs };

static void check_target(struct im_bytes target)
{
    static struct http_url url;
    struct param_value values[N];
    struct param_fault fault;
    struct im_error err;

    if (url_parse(target, &url, &err) != IM_OK)
        return;
    for (size_t i = 0; i < url.n_segments; i++)
        if (!im_utf8_valid(url.segments[i]) || url.segments[i].len > URL_MAX_BYTES)
            abort();
    if (params_parse(&url, specs, N, values, &fault, &err) != IM_OK) {
        if (!fault.name[0] && url.n_params == 0)
            abort();
        return;
    }
    if (values[1].is_set && !(values[1].number >= -180 && values[1].number <= 180))
        abort();
    if (values[2].is_set && (values[2].integer < 1 || values[2].integer > 1000))
        abort();
}

static void check_form(struct im_bytes text)
{
    struct url_param pairs[PARAM_MAX];
    uint8_t *copy = malloc(text.len + 1);
    struct im_error err;
    size_t n = 0;

    if (!copy)
        return;
    if (text.len)
        memcpy(copy, text.data, text.len);
    if (form_parse(copy, text.len, pairs, PARAM_MAX, &n, &err) == IM_OK)
        for (size_t i = 0; i < n; i++)
            if (!im_utf8_valid(pairs[i].name) || !im_utf8_valid(pairs[i].value))
                abort();
    if (n > PARAM_MAX)
        abort();
    free(copy);
}

static void check_headers(const char *text)
{
    header_wants_gzip(text);
    header_etag_matches(text, "\"0123456789abcdef\"");
    header_language(text, LANG_ZH);
    upload_type_of(text);
    if (header_host_valid(text) && strpbrk(text, " \"<>/\\@\r\n"))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
    size_t len = line ? (size_t)(line - data) : size;
    char *header = malloc(size - len + 1);

    if (!header)
        return 0;
    check_target((struct im_bytes){data, len});
    check_form((struct im_bytes){data, size});
    memcpy(header, data + len, size - len);
    header[size - len] = '\0';
    check_headers(line ? header + 1 : header);
    free(header);
    return 0;
}
