/* SPDX-License-Identifier: Apache-2.0 */
/* Code lists: a cell holds a code, its title in either language, a synonym, or several
 * of them. */
#include "parts.h"

#include <engine/text.h> /* text_edit_distance */

enum { MAX_PIECES = 64, TITLE_MIN = 3 /* characters */ };

/* "软件、网络与物联网" is known by each of its parts, unless two codes share one. */
static const char *const PART_ENDS[] = {"、", "，", ",",  "与",
                                        "和", "及", "或", " and "};

static bool
put_folded(struct code_table *t, struct im_bytes text, int code, struct im_arena *arena)
{
    return word_table_put(&t->folded, text_folded(text, arena), code);
}

static size_t part_length(struct im_bytes text, size_t *gap)
{
    size_t best = text.len;

    *gap = 0;
    for (size_t i = 0; i < sizeof PART_ENDS / sizeof *PART_ENDS; i++) {
        struct im_bytes end = im_bytes_of(PART_ENDS[i]);
        ptrdiff_t at = bytes_find(text, end);

        if (at >= 0 && (size_t)at < best) {
            best = (size_t)at;
            *gap = end.len;
        }
    }
    return best;
}

static bool put_parts(struct code_table *t,
                      struct word_table *seen,
                      struct im_bytes title,
                      int code,
                      struct im_arena *arena)
{
    /* characters; 基地 alone is no 国家实验室及基地, 软件 is an industry */
    const size_t part_min = t->field->list ? 2 : 3;
    size_t gap = 0;

    for (struct im_bytes rest = title; rest.len;) {
        size_t len = part_length(rest, &gap);
        struct im_bytes part = {rest.data, len};
        struct im_bytes folded = text_folded(part, arena);

        if (text_length(folded) >= part_min && len < title.len) {
            const int *other = word_table_get(seen, folded);

            if (!other && !word_table_put(seen, folded, code))
                return false;
            if (!other && !word_table_put(&t->folded, folded, code))
                return false;
        }
        rest = bytes_from(rest, len + gap);
    }
    return true;
}

static bool put_all(struct code_table *t, struct im_arena *arena)
{
    struct word_table seen = {.arena = arena};
    const struct schema_field *f = t->field;

    for (size_t i = 0; i < f->n_codes; i++)
        if (!word_table_put(&t->raw, im_bytes_of(f->codes[i].code), (int)i) ||
            !put_folded(t, im_bytes_of(f->codes[i].code), (int)i, arena))
            return false;
    for (size_t i = 0; i < f->n_codes; i++) {
        struct im_bytes zh = im_bytes_of(f->codes[i].title.zh);
        struct im_bytes en = im_bytes_of(f->codes[i].title.en);

        if (!word_table_put(&t->raw, zh, (int)i) || !put_folded(t, zh, (int)i, arena) ||
            !put_folded(t, en, (int)i, arena))
            return false;
    }
    for (size_t i = 0; i < f->n_codes; i++)
        for (const char *const *s = f->codes[i].synonyms; *s; s++)
            if (!word_table_put(&t->raw, im_bytes_of(*s), (int)i) ||
                !put_folded(t, im_bytes_of(*s), (int)i, arena))
                return false;
    for (size_t i = 0; i < f->n_codes; i++)
        if (!put_parts(t, &seen, im_bytes_of(f->codes[i].title.zh), (int)i, arena))
            return false;
    return true;
}

/* What of the folded words can stand in a Chinese name: three characters and more, no
 * codes such as "it". */
static bool list_titles(struct code_table *t, struct im_arena *arena)
{
    struct im_bytes *titles = im_arena_calloc(arena, t->folded.n + 1, sizeof *titles);
    int *codes = im_arena_calloc(arena, t->folded.n + 1, sizeof *codes);
    const struct schema_field *f = t->field;

    if (!titles || !codes)
        return false;
    for (size_t i = 0; i < f->n_codes; i++) {
        size_t gap = 0;

        for (struct im_bytes rest = im_bytes_of(f->codes[i].title.zh); rest.len;) {
            size_t len = part_length(rest, &gap);
            struct im_bytes part =
                text_folded((struct im_bytes){rest.data, len}, arena);

            if (text_length(part) >= TITLE_MIN && t->n_titles < t->folded.n) {
                titles[t->n_titles] = part;
                codes[t->n_titles++] = (int)i;
            }
            rest = bytes_from(rest, len + gap);
        }
        for (const char *const *s = f->codes[i].synonyms; *s; s++) {
            struct im_bytes word = text_folded(im_bytes_of(*s), arena);

            if (text_length(word) >= TITLE_MIN && word.data[0] >= 0x80 &&
                t->n_titles < t->folded.n) {
                titles[t->n_titles] = word;
                codes[t->n_titles++] = (int)i;
            }
        }
    }
    t->titles = titles;
    t->title_code = codes;
    return true;
}

struct code_table *codes_new(const struct schema_field *field, struct im_arena *arena)
{
    struct code_table *t = im_arena_calloc(arena, 1, sizeof *t);

    if (!t)
        return NULL;
    t->field = field;
    t->raw.arena = t->folded.arena = arena;
    return put_all(t, arena) && list_titles(t, arena) ? t : NULL;
}

/* ---- one cell ---- */

static struct im_bytes trim(struct im_bytes text)
{
    while (text.len && text.data[text.len - 1] <= ' ')
        text.len--;
    while (text.len && text.data[0] <= ' ')
        text = bytes_from(text, 1);
    return text;
}

/* "国家级(科技部)", folded, without what stands in brackets. */
static struct im_bytes without_brackets(struct im_bytes folded, struct im_arena *arena)
{
    ptrdiff_t open = bytes_find(folded, im_bytes_of("("));
    ptrdiff_t close = bytes_find(folded, im_bytes_of(")"));

    if (open <= 0 || close < open)
        return folded;
    size_t tail = folded.len - (size_t)close - 1;
    uint8_t *out = im_arena_alloc(arena, (size_t)open + tail + 1);
    if (!out)
        return folded;
    memcpy(out, folded.data, (size_t)open);
    memcpy(out + open, folded.data + close + 1, tail);
    out[(size_t)open + tail] = '\0';
    return (struct im_bytes){out, (size_t)open + tail};
}

/* "1.生物医药产业等" without what says nothing. */
static struct im_bytes without_filler(const struct code_table *t, struct im_bytes text)
{
    static const char *const ends[] = {"等",   "类",   "型",  "产业",
                                       "行业", "领域", "方向"};
    size_t n = t->field->list ? sizeof ends / sizeof *ends : 3;
    size_t digits = 0;
    bool more = true;

    while (digits < text.len && text.data[digits] >= '0' && text.data[digits] <= '9')
        digits++;
    if (digits && digits + 1 < text.len && strchr(".)", text.data[digits]))
        text = bytes_from(text, digits + 1);
    while (more) {
        more = false;
        for (size_t i = 0; i < n && !more; i++)
            if (bytes_end(text, im_bytes_of(ends[i]))) {
                text.len -= strlen(ends[i]);
                more = true;
            }
    }
    return text;
}

static int
find_one(const struct code_table *t, struct im_bytes text, struct im_arena *arena)
{
    const int *found = word_table_get(&t->raw, text);

    if (found)
        return *found;
    struct im_bytes folded = text_folded(text, arena);
    found = word_table_get(&t->folded, folded);
    if (!found)
        found = word_table_get(&t->folded, without_brackets(folded, arena));
    if (!found)
        found = word_table_get(&t->folded, without_filler(t, folded));
    return found ? *found : -1;
}

/* Bytes of a separator of lists at the start of `text`, 0: none. Words such as 和 stand
 * in titles too; they separate what is no title. */
static size_t separator(struct im_bytes text, bool also_words)
{
    static const char *const separators[] = {";",  "；",   "、", "，", ",",  "/",
                                             "／", "|",    "｜", "\n", "\r", "+",
                                             "＋", "以及", "和", "及", "与", " "};
    size_t n = sizeof separators / sizeof *separators - (also_words ? 0 : 7);

    for (size_t i = 0; i < n; i++)
        if (bytes_start(text, im_bytes_of(separators[i])))
            return strlen(separators[i]);
    return 0;
}

struct pieces {
    size_t from[MAX_PIECES];
    size_t to[MAX_PIECES];
    size_t n;
};

/* Not inside of brackets: "综合（软件、网络）" is one piece. */
static bool split(struct im_bytes cell, bool at_words, struct pieces *out)
{
    size_t depth = 0;
    size_t from = 0;

    out->n = 0;
    for (size_t i = 0; i <= cell.len;) {
        struct im_bytes rest = bytes_from(cell, i);
        size_t gap = i < cell.len && depth == 0 ? separator(rest, at_words) : 0;

        if (gap || i == cell.len) {
            if (trim((struct im_bytes){cell.data + from, i - from}).len) {
                if (out->n == MAX_PIECES)
                    return false;
                out->from[out->n] = from;
                out->to[out->n++] = i;
            }
            if (i == cell.len)
                break;
            i += gap;
            from = i;
            continue;
        }
        uint32_t c = im_utf8_next(cell, &i);
        if (c == '(' || c == 0xFF08)
            depth++;
        else if ((c == ')' || c == 0xFF09) && depth)
            depth--;
    }
    return out->n > 0;
}

/* The longest run of pieces from `at` that is one code: titles hold separators too. */
static int longest(const struct code_table *t,
                   struct im_bytes cell,
                   const struct pieces *p,
                   size_t at,
                   struct im_arena *arena,
                   size_t *next)
{
    enum { LONGEST_RUN = 6 };
    size_t end = at + LONGEST_RUN < p->n ? at + LONGEST_RUN : p->n;

    for (size_t i = end; i > at; i--) {
        struct im_bytes run = {cell.data + p->from[at], p->to[i - 1] - p->from[at]};
        int code = find_one(t, trim(run), arena);

        if (code >= 0) {
            *next = i;
            return code;
        }
    }
    return -1;
}

static bool find_list(const struct code_table *t,
                      struct im_bytes cell,
                      bool at_words,
                      struct im_arena *arena,
                      struct im_bytes *out)
{
    struct pieces pieces;
    int found[MAX_PIECES];
    size_t n = 0;
    size_t len = 0;

    if (!split(cell, at_words, &pieces))
        return false;
    for (size_t i = 0; i < pieces.n;) {
        int code = longest(t, cell, &pieces, i, arena, &i);
        bool is_new = true;

        if (code < 0)
            return false;
        for (size_t j = 0; j < n; j++)
            is_new = is_new && found[j] != code;
        if (is_new) {
            found[n++] = code;
            len += strlen(t->field->codes[code].code) + 1;
        }
    }
    uint8_t *text = im_arena_alloc(arena, len + 1);
    if (!text)
        return false;
    len = 0;
    for (size_t i = 0; i < n; i++) {
        struct im_bytes code = im_bytes_of(t->field->codes[found[i]].code);

        if (i)
            text[len++] = ';';
        memcpy(text + len, code.data, code.len);
        len += code.len;
    }
    *out = (struct im_bytes){text, len};
    return true;
}

bool codes_find(const struct code_table *t,
                struct im_bytes cell,
                struct im_arena *arena,
                struct im_bytes *out)
{
    int code = find_one(t, cell, arena);

    if (code >= 0) {
        *out = im_bytes_of(t->field->codes[code].code);
        return true;
    }
    return t->field->list && (find_list(t, cell, false, arena, out) ||
                              find_list(t, cell, true, arena, out));
}

/* ---- not one of them ---- */

static void list_allowed(const struct schema_field *f, char *zh, char *en, size_t size)
{
    size_t used_zh = 0;
    size_t used_en = 0;

    zh[0] = en[0] = '\0';
    for (size_t i = 0; i < f->n_codes && used_zh < size && used_en < size; i++) {
        int a = snprintf(zh + used_zh, size - used_zh, "%s%s", i ? "、" : "",
                         f->codes[i].title.zh);
        int b = snprintf(en + used_en, size - used_en, "%s%s", i ? ", " : "",
                         f->codes[i].code);

        used_zh += a > 0 ? (size_t)a : 0;
        used_en += b > 0 ? (size_t)b : 0;
    }
    if (used_zh >= size)
        memcpy(zh + im_utf8_cut(zh, size - 4), "…", 4);
    if (used_en >= size)
        memcpy(en + im_utf8_cut(en, size - 4), "…", 4);
}

/* Few letters apart in English, many pairs of characters shared in Chinese. */
static int
nearest(const struct code_table *t, struct im_bytes cell, struct im_arena *arena)
{
    struct im_bytes folded = text_folded(cell, arena);
    bool is_short = folded.len && folded.data[0] >= 0x80 && text_length(folded) <= 2;
    double best = 0.34; /* found by experiment: less is no resemblance */
    int found = -1;

    for (size_t i = 0; i < t->folded.cap && folded.len; i++) {
        struct im_bytes word;
        int code;

        if (!word_table_at(&t->folded, i, &word, &code))
            continue;
        /* one character of two is no resemblance: 区级 is not 省级 */
        if (word.data[0] >= 0x80 && text_length(word) <= 3 &&
            bytes_find(folded, word) < 0 && bytes_find(word, folded) < 0)
            continue;
        if (is_short && bytes_find(folded, word) < 0)
            continue;
        double like = text_likeness(folded, word);
        if (text_length(word) >= 2 && bytes_find(folded, word) >= 0)
            like += 0.3;
        if (text_edit_distance(folded, word, 2) <= 2 && text_length(word) > 4)
            like += 0.5;
        if (like > best) {
            best = like;
            found = code;
        }
    }
    return found;
}

/* Of a list the part that is no code. */
static struct im_bytes
unknown_part(const struct code_table *t, struct im_bytes cell, struct im_arena *arena)
{
    struct pieces pieces;

    if (!t->field->list || !split(cell, false, &pieces) || pieces.n < 2)
        return cell;
    for (size_t i = 0; i < pieces.n;) {
        struct im_bytes part = trim((struct im_bytes){cell.data + pieces.from[i],
                                                      pieces.to[i] - pieces.from[i]});

        if (longest(t, cell, &pieces, i, arena, &i) < 0)
            return part;
    }
    return cell;
}

struct refusal
codes_refusal(const struct code_table *t, struct im_bytes whole, struct im_arena *arena)
{
    enum { PART_SHOWN = 60 };
    char zh[220];
    char en[220];
    struct im_bytes cell = unknown_part(t, whole, arena);
    const char *quoted_zh = "";
    const char *quoted_en = "";
    int near = nearest(t, cell, arena);

    list_allowed(t->field, zh, en, sizeof zh);
    if (cell.len != whole.len) {
        int len = (int)(cell.len <= PART_SHOWN
                            ? cell.len
                            : im_utf8_cut((const char *)cell.data, PART_SHOWN));

        quoted_zh = plan_printf(arena, "“%.*s”", len, (const char *)cell.data);
        quoted_en = plan_printf(arena, "'%.*s' is ", len, (const char *)cell.data);
    }
    struct refusal out = {.code = "bad_code",
                          .zh = plan_printf(arena, "%s不是“%s”允许的值；可用：%s",
                                            quoted_zh, t->field->title.zh, zh),
                          .en = plan_printf(arena,
                                            "%snot an allowed value of %s; allowed: %s",
                                            quoted_en, t->field->name, en)};
    if (near >= 0) {
        const struct schema_code *code = &t->field->codes[near];

        out.suggestion_zh =
            plan_printf(arena, "是否指“%s”（%s）？", code->title.zh, code->code);
        out.suggestion_en =
            plan_printf(arena, "did you mean '%s' (%s)?", code->code,
                        code->title.en[0] ? code->title.en : code->title.zh);
    } else {
        out.suggestion_zh = "改为允许的代码或名称，或留空";
        out.suggestion_en = "write an allowed code or title, or leave it empty";
    }
    return out;
}

/* ---- the kind that a name speaks of ---- */

/* "国家大学科技园" speaks of 大学科技园, not of the 科技园 inside of that. */
int codes_in_name(const struct code_table *t,
                  struct im_bytes name,
                  struct im_arena *arena)
{
    struct im_bytes folded = text_folded(name, arena);
    int found = -1;

    for (size_t i = 0; i < t->n_titles; i++) {
        ptrdiff_t at = bytes_find(folded, t->titles[i]);
        bool is_part = false;

        if (at < 0)
            continue;
        for (size_t j = 0; j < t->n_titles && !is_part; j++)
            is_part = t->titles[j].len > t->titles[i].len &&
                      bytes_find(t->titles[j], t->titles[i]) >= 0 &&
                      bytes_find(folded, t->titles[j]) >= 0;
        if (is_part)
            continue;
        if (found >= 0 && found != t->title_code[i])
            return -1;
        found = t->title_code[i];
    }
    return found;
}
