/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON object as names and values of parameters. */
#include "api/json_pairs.h"

#include "http_params.h"

#include <jansson.h>

enum { VALUE_MAX_BYTES = 8 * 1024 * 1024 };

static enum im_code bad_member(const char *name, struct im_error *err)
{
    char text[64];

    param_quote(text, sizeof text, im_bytes_of(name));
    im_fail(err, IM_EARG,
            "%s: a list holds texts and numbers only, for example [\"a\", \"b\"]",
            text);
    return im_zh(err, IM_EARG, "%s：列表中只能是文本和数字，例如 [\"a\", \"b\"]", text);
}

/* False: it cannot be a value. */
static bool write_scalar(const json_t *value, struct im_buf *out)
{
    char digits[IM_NUMBER_MAX];

    switch (json_typeof(value)) {
    case JSON_STRING:
        im_buf_append(out, json_string_value(value), json_string_length(value));
        return true;
    case JSON_INTEGER:
        im_buf_printf(out, "%lld", (long long)json_integer_value(value));
        return true;
    case JSON_REAL:
        im_buf_append(out, digits, im_format_exact(digits, json_real_value(value)));
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        im_buf_text(out, json_is_true(value) ? "true" : "false");
        return true;
    default:
        return false;
    }
}

static bool write_list(const json_t *list, struct im_buf *out)
{
    bool ok = true;

    for (size_t i = 0; i < json_array_size(list) && ok; i++) {
        im_buf_text(out, i ? "," : "");
        ok = write_scalar(json_array_get(list, i), out);
    }
    return ok;
}

static int write_part(const char *data, size_t len, void *out)
{
    im_buf_append(out, data, len);
    return 0;
}

static enum im_code write_value(const char *name,
                                const json_t *value,
                                struct im_buf *out,
                                struct im_error *err)
{
    bool ok;

    if (json_is_object(value))
        ok = json_dump_callback(value, write_part, out, JSON_COMPACT) == 0;
    else
        ok = json_is_array(value) ? write_list(value, out) : write_scalar(value, out);
    return ok ? im_buf_check(out, name, err) : bad_member(name, err);
}

static enum im_code add_members(json_t *root,
                                struct im_arena *arena,
                                struct url_param *pairs,
                                size_t *n,
                                struct im_error *err)
{
    struct im_buf value = {.max = VALUE_MAX_BYTES};
    enum im_code rc = IM_OK;
    const char *name;
    json_t *member;

    json_object_foreach(root, name, member)
    {
        if (json_is_null(member))
            continue;
        if (*n == JSON_PAIRS_MAX) {
            im_fail(err, IM_ELIMIT, "over %d parameters", JSON_PAIRS_MAX);
            rc = im_zh(err, IM_ELIMIT, "参数超过 %d 个", JSON_PAIRS_MAX);
            break;
        }
        im_buf_clear(&value);
        rc = write_value(name, member, &value, err);
        if (rc != IM_OK)
            break;
        char *key = im_arena_strdup(arena, im_bytes_of(name));
        char *text = im_arena_strdup(arena, im_buf_bytes(&value));
        if (!key || !text) {
            rc = im_fail(err, IM_ENOMEM, "out of memory");
            break;
        }
        pairs[(*n)++] =
            (struct url_param){im_bytes_of(key), {(uint8_t *)text, value.len}};
    }
    im_buf_release(&value);
    return rc;
}

enum im_code json_pairs(struct im_bytes json,
                        const struct url_param *first,
                        size_t n_first,
                        struct im_arena *arena,
                        const struct url_param **out,
                        size_t *n,
                        struct im_error *err)
{
    struct url_param *pairs = im_arena_calloc(arena, JSON_PAIRS_MAX, sizeof *pairs);
    json_error_t fault;
    json_t *root;
    enum im_code rc;

    if (!pairs || n_first > JSON_PAIRS_MAX)
        return im_fail(err, IM_ENOMEM, "out of memory");
    root =
        json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, &fault);
    if (!json_is_object(root)) {
        json_decref(root);
        im_fail(err, IM_EARG,
                "the request body is not one JSON object of parameters: %s (line %d, "
                "column %d)",
                root ? "something else" : fault.text, root ? 1 : fault.line,
                root ? 1 : fault.column);
        return im_zh(err, IM_EARG,
                     "请求体应为一个 JSON 对象，成员为参数（第 %d 行第 %d 列有误）",
                     root ? 1 : fault.line, root ? 1 : fault.column);
    }
    if (n_first)
        memcpy(pairs, first, n_first * sizeof *pairs);
    *n = n_first;
    rc = add_members(root, arena, pairs, n, err);
    json_decref(root);
    *out = pairs;
    return rc;
}
