/* SPDX-License-Identifier: Apache-2.0 */
/* Query parameters by a typed table. */
#include "http_params.h"

#include <engine/cli.h>

#include <assert.h>

void param_quote(char *out, size_t size, struct im_bytes text)
{
    size_t len = text.len < size ? text.len : size - 1;

    while (len > 0 && len < text.len && (text.data[len] & 0xC0) == 0x80)
        len--;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = text.data[i];

        out[i] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
    }
    out[len] = '\0';
}

bool param_find(const struct url_param *pairs,
                size_t n,
                const char *name,
                struct im_bytes *out)
{
    for (size_t i = 0; i < n; i++)
        if (im_bytes_equal(pairs[i].name, im_bytes_of(name))) {
            *out = pairs[i].value;
            return true;
        }
    return false;
}

bool url_param_find(const struct http_url *url, const char *name, struct im_bytes *out)
{
    return param_find(url->params, url->n_params, name, out);
}

static bool is_tolerated(struct im_bytes name)
{
    return name.len == 1 && strchr("vt_", name.data[0]) != NULL;
}

static void list_names(const struct param_spec *specs, size_t n, struct im_buf *out)
{
    /* what does not fit is left out from a name on, not in between */
    for (size_t i = 0; i < n && out->max - out->len > strlen(specs[i].name) + 8; i++) {
        im_buf_text(out, i ? ", " : "");
        im_buf_text(out, specs[i].name);
        if (i + 1 < n && out->max - out->len <= strlen(specs[i + 1].name) + 8)
            im_buf_text(out, ", ...");
    }
    im_buf_byte(out, '\0');
}

static enum im_code unknown(const struct param_spec *specs,
                            size_t n,
                            struct param_fault *fault,
                            struct im_error *err)
{
    struct im_buf known = {.data = (uint8_t *)fault->allowed,
                           .cap = sizeof fault->allowed,
                           .max = sizeof fault->allowed};
    const char *names[PARAM_MAX + 1] = {0};
    const char *nearest;

    for (size_t i = 0; i < n; i++)
        names[i] = specs[i].name;
    nearest = cli_nearest(fault->name, names);
    list_names(specs, n, &known); /* fits: cap and max are the same memory */
    fault->allowed[sizeof fault->allowed - 1] = '\0';
    if (nearest) {
        im_fail(err, IM_EARG, "unknown parameter %s: did you mean %s?", fault->name,
                nearest);
        return im_zh(err, IM_EARG, "未知参数 %s：是否想写 %s？", fault->name, nearest);
    }
    if (n == 0) {
        im_fail(err, IM_EARG, "unknown parameter %s: this path takes none",
                fault->name);
        return im_zh(err, IM_EARG, "未知参数 %s：此路径不接受参数", fault->name);
    }
    im_fail(err, IM_EARG, "unknown parameter %s: allowed are %s", fault->name,
            fault->allowed);
    return im_zh(err, IM_EARG, "未知参数 %s：可用参数为 %s", fault->name,
                 fault->allowed);
}

static void range_text(const struct param_spec *spec, struct param_fault *fault)
{
    char min[IM_NUMBER_MAX];
    char max[IM_NUMBER_MAX];
    int n_min = (int)im_format_double(min, spec->min, 6);
    int n_max = (int)im_format_double(max, spec->max, 6);

    snprintf(fault->allowed, sizeof fault->allowed, "%.*s..%.*s", n_min, min, n_max,
             max);
}

static enum im_code parse_number(const struct param_spec *spec,
                                 struct param_value *out,
                                 struct param_fault *fault,
                                 struct im_error *err)
{
    bool whole = spec->kind == PARAM_INTEGER;
    bool ok = whole ? im_parse_int64(out->text, &out->integer)
                    : im_parse_double(out->text, &out->number);

    if (ok && whole)
        out->number = (double)out->integer;
    if (ok && out->number >= spec->min && out->number <= spec->max)
        return IM_OK;
    range_text(spec, fault);
    if (ok) {
        im_fail(err, IM_EARG, "%s is %s, allowed is %s", spec->name, fault->value,
                fault->allowed);
        return im_zh(err, IM_EARG, "%s 为 %s，允许范围是 %s", spec->name, fault->value,
                     fault->allowed);
    }
    im_fail(err, IM_EARG, "%s '%s' is not a %s; allowed is %s", spec->name,
            fault->value, whole ? "whole number" : "number", fault->allowed);
    return im_zh(err, IM_EARG, "%s “%s” 不是%s；允许范围是 %s", spec->name,
                 fault->value, whole ? "整数" : "数字", fault->allowed);
}

static enum im_code parse_choice(const struct param_spec *spec,
                                 struct param_value *out,
                                 struct param_fault *fault,
                                 struct im_error *err)
{
    struct im_buf list = {.data = (uint8_t *)fault->allowed,
                          .cap = sizeof fault->allowed,
                          .max = sizeof fault->allowed};

    for (int i = 0; spec->choices[i]; i++) {
        if (im_bytes_equal(out->text, im_bytes_of(spec->choices[i]))) {
            out->choice = i;
            return IM_OK;
        }
        im_buf_text(&list, i ? ", " : "");
        im_buf_text(&list, spec->choices[i]);
    }
    im_buf_byte(&list, '\0');
    fault->allowed[sizeof fault->allowed - 1] = '\0';
    im_fail(err, IM_EARG, "%s is '%s', allowed are %s", spec->name, fault->value,
            fault->allowed);
    return im_zh(err, IM_EARG, "%s 为 “%s”，可用值为 %s", spec->name, fault->value,
                 fault->allowed);
}

static enum im_code parse_flag(const struct param_spec *spec,
                               struct param_value *out,
                               struct param_fault *fault,
                               struct im_error *err)
{
    out->choice = im_bytes_equal(out->text, im_bytes_of("true"));
    if (out->choice || im_bytes_equal(out->text, im_bytes_of("false")))
        return IM_OK;
    snprintf(fault->allowed, sizeof fault->allowed, "true, false");
    im_fail(err, IM_EARG, "%s is '%s', allowed are true and false", spec->name,
            fault->value);
    return im_zh(err, IM_EARG, "%s 为 “%s”，可用值为 true、false", spec->name,
                 fault->value);
}

static enum im_code parse_text(const struct param_spec *spec,
                               struct param_value *out,
                               struct param_fault *fault,
                               struct im_error *err)
{
    if ((double)out->text.len >= spec->min && (double)out->text.len <= spec->max)
        return IM_OK;
    snprintf(fault->allowed, sizeof fault->allowed, "%.0f..%.0f bytes", spec->min,
             spec->max);
    im_fail(err, IM_EARG, "%s has %zu bytes, allowed are %.0f to %.0f", spec->name,
            out->text.len, spec->min, spec->max);
    return im_zh(err, IM_EARG, "%s 长 %zu 字节，允许 %.0f 至 %.0f 字节", spec->name,
                 out->text.len, spec->min, spec->max);
}

static enum im_code parse_value(const struct param_spec *spec,
                                struct param_value *out,
                                struct param_fault *fault,
                                struct im_error *err)
{
    switch (spec->kind) {
    case PARAM_TEXT:
        return parse_text(spec, out, fault, err);
    case PARAM_CHOICE:
        return parse_choice(spec, out, fault, err);
    case PARAM_NUMBER:
    case PARAM_INTEGER:
        return parse_number(spec, out, fault, err);
    case PARAM_FLAG:
        return parse_flag(spec, out, fault, err);
    }
    return IM_OK;
}

static void quote(const struct url_param *p, struct param_fault *fault)
{
    param_quote(fault->name, sizeof fault->name, p->name);
    param_quote(fault->value, sizeof fault->value, p->value);
}

enum im_code params_parse_pairs(const struct url_param *pairs,
                                size_t n_pairs,
                                const struct param_spec *specs,
                                size_t n,
                                struct param_value *values,
                                struct param_fault *fault,
                                struct im_error *err)
{
    assert(n <= PARAM_MAX);
    memset(values, 0, n * sizeof *values);
    memset(fault, 0, sizeof *fault);
    for (size_t i = 0; i < n_pairs; i++) {
        const struct url_param *p = &pairs[i];
        size_t s = 0;
        enum im_code rc;

        while (s < n && !im_bytes_equal(p->name, im_bytes_of(specs[s].name)))
            s++;
        if (s == n && is_tolerated(p->name))
            continue;
        if (s == n) {
            quote(p, fault);
            return unknown(specs, n, fault, err);
        }
        if (values[s].is_set) {
            quote(p, fault);
            im_fail(err, IM_EARG, "%s is given more than once", fault->name);
            return im_zh(err, IM_EARG, "参数 %s 出现多次", fault->name);
        }
        values[s].is_set = true;
        values[s].text = p->value;
        rc = parse_value(&specs[s], &values[s], fault, err);
        if (rc != IM_OK) { /* again, with what the message quotes */
            quote(p, fault);
            return parse_value(&specs[s], &values[s], fault, err);
        }
    }
    memset(fault, 0, sizeof *fault);
    return IM_OK;
}

enum im_code params_parse(const struct http_url *url,
                          const struct param_spec *specs,
                          size_t n,
                          struct param_value *values,
                          struct param_fault *fault,
                          struct im_error *err)
{
    return params_parse_pairs(url->params, url->n_params, specs, n, values, fault, err);
}
