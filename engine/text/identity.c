/* SPDX-License-Identifier: Apache-2.0 */
/* Names compared: what of a name tells places apart. */
#include <engine/text_identity.h>

#include <stdlib.h>

#include <utf8proc.h>

/* ---- folding ---- */

bool text_is_white(uint32_t c)
{
    return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0xA0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

size_t text_length(struct im_bytes in)
{
    size_t n = 0;

    for (size_t at = 0; at < in.len; n++)
        im_utf8_next(in, &at);
    return n;
}

static int32_t unify_bracket(int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_PS:
        return c == 0x201A || c == 0x201E ? c : '('; /* quotes */
    case UTF8PROC_CATEGORY_PE:
        return ')';
    default:
        return c;
    }
}

static bool is_dropped(int32_t c)
{
    return c == ':' || c == '*' || text_is_white((uint32_t)c) ||
           utf8proc_category(c) == UTF8PROC_CATEGORY_CC;
}

/* Small ASCII, and three bytes that begin with E4..E9: U+4000..U+9FFF, which NFKC and
 * folding leave as they are. Most of what comes. */
static bool is_plain_already(struct im_bytes in)
{
    for (size_t i = 0; i < in.len;) {
        uint8_t c = in.data[i];

        if (c >= 0xE4 && c <= 0xE9 && i + 2 < in.len) {
            i += 3;
            continue;
        }
        if (c <= ' ' || c >= 0x7F || (c >= 'A' && c <= 'Z') ||
            memchr(":*[]{}", c, 6) != NULL)
            return false;
        i++;
    }
    return true;
}

struct im_bytes text_folded(struct im_bytes in, struct im_arena *arena)
{
    const utf8proc_option_t options = UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                                      UTF8PROC_COMPOSE | UTF8PROC_STABLE |
                                      UTF8PROC_IGNORE;
    const struct im_bytes nothing = {in.data, 0};
    utf8proc_ssize_t kept = 0;

    if (in.len > TEXT_COMPARED_MAX)
        in.len = im_utf8_cut((const char *)in.data, TEXT_COMPARED_MAX);
    if (is_plain_already(in))
        return in;
    utf8proc_ssize_t n =
        utf8proc_decompose(in.data, (utf8proc_ssize_t)in.len, NULL, 0, options);
    int32_t *all = n < 0 ? NULL : im_arena_alloc(arena, ((size_t)n + 1) * sizeof *all);
    if (!all)
        return nothing;
    n = utf8proc_decompose(in.data, (utf8proc_ssize_t)in.len, all, n, options);
    for (utf8proc_ssize_t i = 0; i < n; i++)
        if (!is_dropped(all[i]))
            all[kept++] = unify_bracket(all[i]);
    /* in place: UTF-8 is never longer than UTF-32 */
    n = utf8proc_reencode(all, kept,
                          (utf8proc_option_t)(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
    return n < 0 ? nothing : (struct im_bytes){(uint8_t *)all, (size_t)n};
}

size_t text_word_at(const uint32_t *c, size_t n, size_t i, const char *word)
{
    struct im_bytes text = im_bytes_of(word);
    size_t count = 0;

    for (size_t at = 0; at < text.len; count++) {
        uint32_t expected = im_utf8_next(text, &at);
        uint32_t found = i + count < n ? c[i + count] : 0;

        if (found >= 'A' && found <= 'Z')
            found += 'a' - 'A';
        if (found != expected)
            return 0;
    }
    return count;
}

/* ---- code points in the arena, worked on in place ---- */

struct points {
    int32_t *c;
    size_t n;
};

/* text_folded as code points. n is 0 when memory runs out. */
static struct points decode(struct im_bytes folded, struct im_arena *arena)
{
    struct points p = {.n = 0};

    p.c = im_arena_alloc(arena, (folded.len + 1) * sizeof *p.c);
    for (size_t at = 0; p.c && at < folded.len;)
        p.c[p.n++] = (int32_t)im_utf8_next(folded, &at);
    return p;
}

/* In place: UTF-8 is never longer than UTF-32. */
static struct im_bytes encode(struct points p)
{
    uint8_t *out = (uint8_t *)p.c;
    size_t len = 0;

    for (size_t i = 0; i < p.n; i++) {
        uint8_t utf8[4];
        size_t n = (size_t)utf8proc_encode_char(p.c[i], utf8);

        memcpy(out + len, utf8, n);
        len += n;
    }
    return (struct im_bytes){out, len};
}

static size_t word_at(const struct points *p, size_t i, const char *word)
{
    return text_word_at((const uint32_t *)p->c, p->n, i, word);
}

static void cut_out(struct points *p, size_t from, size_t len)
{
    memmove(p->c + from, p->c + from + len, (p->n - from - len) * sizeof *p->c);
    p->n -= len;
}

static bool tells_apart(int32_t c)
{
    if (c >= 0x4E00 && c <= 0x9FFF) /* most of what comes: no table is asked */
        return true;
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return true;
    default:
        return c == '+' || c == '#'; /* "C++", "A#" */
    }
}

/* ---- names ---- */

/* "(原上海某某中心)", "(曾用名:…)", also when the bracket is never closed. */
static void drop_former(struct points *p)
{
    static const char *const words[] = {"(原",   "(曾用名", "(曾名",
                                        "(旧称", "(旧名",   "(formerly"};

    for (size_t i = 0; i < p->n; i++) {
        size_t len = 0;
        bool is_former = false;

        if (p->c[i] != '(')
            continue;
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            is_former = is_former || word_at(p, i, words[k]);
        /* "(原料药基地)" and "(原子能…)" are no former names */
        if (!is_former || word_at(p, i, "(原料") || word_at(p, i, "(原子") ||
            word_at(p, i, "(原创"))
            continue;
        while (i + len < p->n && p->c[i + len] != ')')
            len++;
        cut_out(p, i, len + (i + len < p->n));
        i--; /* may be SIZE_MAX: the loop adds one */
    }
}

static void drop_marks(struct points *p)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->n; i++)
        if (tells_apart(p->c[i]))
            p->c[kept++] = p->c[i];
    p->n = kept;
}

static void drop_chinese_forms(struct points *p)
{
    static const char *const forms[] = {"股份有限公司", "有限责任公司", "有限公司"};

    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
            size_t len = p->c[i] == 0x80A1 /* 股 */ || p->c[i] == 0x6709 /* 有 */
                             ? word_at(p, i, forms[k])
                             : 0;

            if (len && len < p->n)
                cut_out(p, i, len);
        }
}

/* At the end. "inc" and "llc" only behind a mark: "zinc" is a name. */
static void drop_latin_forms(struct points *p)
{
    static const char *const forms[] = {
        "companylimited", "co.,limited", "co.,ltd", "co,.ltd", "co,ltd", "co.ltd",
        "coltd",          ",limited",    "ltd",     ",inc",    ",llc"};
    size_t end = p->n;

    while (end && (p->c[end - 1] == '.' || p->c[end - 1] == ')'))
        end--;
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
        size_t len = strlen(forms[k]);

        if (end > len && word_at(p, end - len, forms[k])) {
            p->n = end - len;
            return;
        }
    }
}

struct im_bytes text_name_identity(struct im_bytes name, struct im_arena *arena)
{
    struct im_bytes folded = text_folded(name, arena);
    struct points p = decode(folded, arena);

    if (p.n == 0)
        return folded;
    drop_former(&p);
    drop_latin_forms(&p);
    drop_marks(&p);
    drop_chinese_forms(&p);
    return p.n ? encode(p) : folded;
}

/* ---- cities ---- */

struct im_bytes text_city_identity(struct im_bytes city, struct im_arena *arena)
{
    static const char *const suffixes[] = {
        "自治州", "自治县", "地区", "新区", "林区",     "市",    "区",
        "县",     "盟",     "州",   "city", "district", "county"};
    struct im_bytes folded = text_folded(city, arena);
    struct points p = decode(folded, arena);

    if (p.n == 0)
        return folded;
    drop_marks(&p);
    for (size_t i = 1; i + 2 < p.n; i++)
        if (word_at(&p, i, "省") || word_at(&p, i, "自治区")) {
            size_t len = word_at(&p, i, "省") ? 1 : 3;

            if (i + len + 2 <= p.n)
                cut_out(&p, 0, i + len);
            break;
        }
    for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++) {
        size_t len = text_length(im_bytes_of(suffixes[k]));

        if (p.n >= len + 2 && word_at(&p, p.n - len, suffixes[k])) {
            p.n -= len;
            break;
        }
    }
    return p.n ? encode(p) : folded;
}

/* ---- likeness ---- */

static int compare_bigrams(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Sorted. Returns how many. */
static size_t bigrams(struct im_bytes text, uint64_t out[TEXT_LIKENESS_MAX])
{
    uint64_t before = 0;
    size_t n = 0;

    for (size_t at = 0, i = 0; at < text.len && i < TEXT_LIKENESS_MAX; i++) {
        uint64_t c = im_utf8_next(text, &at);

        if (i)
            out[n++] = before << 32 | c;
        before = c;
    }
    qsort(out, n, sizeof *out, compare_bigrams);
    return n;
}

double text_likeness(struct im_bytes a, struct im_bytes b)
{
    uint64_t x[TEXT_LIKENESS_MAX];
    uint64_t y[TEXT_LIKENESS_MAX];
    size_t shared = 0;

    if (im_bytes_equal(a, b))
        return a.len ? 1 : 0;
    size_t n = bigrams(a, x);
    size_t m = bigrams(b, y);
    if (n == 0 || m == 0)
        return 0;
    for (size_t i = 0, k = 0; i < n && k < m;) {
        if (x[i] == y[k]) {
            shared++;
            i++;
            k++;
        } else if (x[i] < y[k]) {
            i++;
        } else {
            k++;
        }
    }
    return 2.0 * (double)shared / (double)(n + m);
}
