/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of request headers (RFC 9110). */
#include "http_headers.h"

#include <ctype.h>
#include <strings.h>

/* One member of "a;q=0.5, b": its token and weight in thousandths. */
struct weighted {
    const char *token;
    size_t len;
    int weight;
};

static const char *skip_space(const char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

/* qvalue of 12.4.2: "0" or "1" with up to three decimals; malformed counts as 0. */
static int parse_weight(const char *p, const char *end)
{
    int weight;
    int unit = 100;

    if (p == end || (*p != '0' && *p != '1'))
        return 0;
    weight = (*p++ - '0') * 1000;
    if (p < end && *p == '.')
        for (p++; p < end && isdigit((unsigned char)*p) && unit; p++, unit /= 10)
            weight += (*p - '0') * unit;
    return weight > 1000 ? 1000 : weight;
}

static bool next_weighted(const char **pos, struct weighted *out)
{
    const char *p = *pos;
    const char *end;

    for (p = skip_space(p); *p == ','; p = skip_space(p + 1))
        ;
    if (!*p)
        return false;
    end = p + strcspn(p, ",");
    *pos = end;
    *out = (struct weighted){p, strcspn(p, ";, \t"), 1000};
    for (p += strcspn(p, ";,"); p < end && *p == ';'; p += strcspn(p, ";,")) {
        p = skip_space(p + 1);
        if ((*p == 'q' || *p == 'Q') && p[1] == '=')
            out->weight = parse_weight(p + 2, p + strcspn(p, ";, \t"));
    }
    return true;
}

static bool is_token(const struct weighted *w, const char *name)
{
    return strlen(name) == w->len && strncasecmp(w->token, name, w->len) == 0;
}

bool header_wants_gzip(const char *accept_encoding)
{
    int gzip = -1;
    int identity = -1;
    int any = -1;
    struct weighted w;

    if (!accept_encoding)
        return false;
    while (next_weighted(&accept_encoding, &w)) {
        if (is_token(&w, "gzip") || is_token(&w, "x-gzip"))
            gzip = w.weight;
        else if (is_token(&w, "identity"))
            identity = w.weight;
        else if (is_token(&w, "*"))
            any = w.weight;
    }
    if (gzip < 0)
        gzip = any;
    return gzip > 0 && gzip >= identity;
}

/* How specific a range is that covers the type: 3 the type itself, 2 "text" with any
 * subtype, 1 anything; 0 it does not cover it. */
static int range_fits(const struct weighted *range, const char *type)
{
    size_t major = strcspn(type, "/") + 1;

    if (is_token(range, type))
        return 3;
    if (is_token(range, "*/*"))
        return 1;
    return range->len == major + 1 && range->token[major] == '*' &&
                   strncasecmp(range->token, type, major) == 0
               ? 2
               : 0;
}

int header_media_weight(const char *accept, const char *type)
{
    int best = 0;
    int weight = 0;
    struct weighted w;

    if (!accept)
        return 1000;
    while (next_weighted(&accept, &w)) {
        int fit = range_fits(&w, type);

        if (fit > best || (fit && fit == best && w.weight > weight)) {
            best = fit;
            weight = w.weight;
        }
    }
    return weight;
}

bool header_etag_matches(const char *if_none_match, const char *etag)
{
    const char *p = if_none_match;
    size_t len = strlen(etag);

    if (!p)
        return false;
    p = skip_space(p);
    if (*p == '*')
        return *skip_space(p + 1) == '\0';
    while (*p) {
        const char *end;

        p += strspn(p, " \t,");
        if (p[0] == 'W' && p[1] == '/')
            p += 2;
        if (*p != '"')
            return false;
        end = strchr(p + 1, '"');
        if (!end)
            return false;
        end++;
        if ((size_t)(end - p) == len && memcmp(p, etag, len) == 0)
            return true;
        p = skip_space(end);
    }
    return false;
}

static bool is_language(const struct weighted *w, const char *primary)
{
    return w->len >= 2 && strncasecmp(w->token, primary, 2) == 0 &&
           (w->len == 2 || w->token[2] == '-');
}

enum lang header_language(const char *accept_language, enum lang fallback)
{
    int zh = 0;
    int en = 0;
    struct weighted w;

    if (!accept_language)
        return fallback;
    while (next_weighted(&accept_language, &w)) {
        if (is_language(&w, "zh") && w.weight > zh)
            zh = w.weight;
        else if (is_language(&w, "en") && w.weight > en)
            en = w.weight;
    }
    if (zh == en)
        return fallback;
    return zh > en ? LANG_ZH : LANG_EN;
}

bool header_host_valid(const char *host)
{
    size_t len = host ? strnlen(host, 256) : 0;

    if (len == 0 || len > 255)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)host[i]) && !strchr(".-:[]", host[i]))
            return false;
    return true;
}
