/* SPDX-License-Identifier: Apache-2.0 */
/* Which division a text or a row speaks of. */
#include "gazetteer_internal.h"

#include <stdlib.h>

void context_init(struct context *c)
{
    *c = (struct context){
        .province = NONE, .city = NONE, .district = NONE, .seat_place = NONE};
}

uint32_t context_finest(const struct context *c)
{
    return c->district != NONE ? c->district : c->city != NONE ? c->city : c->province;
}

static bool division_contains(const struct gazetteer *g, uint32_t outer, uint32_t inner)
{
    return outer == inner || g->divisions[inner].city == outer ||
           g->divisions[inner].province == outer;
}

/* ---- by code (GB/T 2260: province, city, county, two digits each) ---- */

static int by_adcode(const void *key, const void *division)
{
    return strcmp(key, ((const struct division *)division)->is.adcode);
}

static int by_former_code(const void *key, const void *former)
{
    return strcmp(key, ((const struct former_code *)former)->code);
}

static uint32_t find_code(const struct gazetteer *g, const char *code)
{
    const struct division *found =
        g->n_divisions
            ? bsearch(code, g->divisions, g->n_divisions, sizeof *found, by_adcode)
            : NULL;

    return found ? (uint32_t)(found - g->divisions) : NONE;
}

/* The first six digits; "3205" and codes of towns (12 digits) are codes too. */
static bool take_digits(struct im_bytes text, char code[7])
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        else if (n < 6)
            code[n++] = (char)text.data[i];
    if (n != 2 && n != 4 && n != 6)
        return false;
    memset(code + n, '0', 6 - n);
    code[6] = '\0';
    return true;
}

uint32_t
division_by_code(const struct gazetteer *g, struct im_bytes adcode, bool *was_renamed)
{
    const struct former_code *former;
    char code[7];
    uint32_t found;

    *was_renamed = false;
    if (!take_digits(adcode, code))
        return NONE;
    found = find_code(g, code);
    if (found != NONE)
        return found;
    former = g->n_former
                 ? bsearch(code, g->former, g->n_former, sizeof *former, by_former_code)
                 : NULL;
    if (former) {
        *was_renamed = true;
        return former->division;
    }
    memcpy(code + 4, "00", 2); /* an unknown part of a known city */
    found = find_code(g, code);
    if (found != NONE)
        return found;
    memcpy(code + 2, "00", 2);
    found = find_code(g, code);
    return found != NONE && g->divisions[found].city == found ? found : NONE;
}

/* ---- what is known, one statement after the other ---- */

/* True when the division agrees with what is known; then it is known too. */
static bool take(const struct gazetteer *g, uint32_t division, struct context *c)
{
    const struct division *d = &g->divisions[division];

    if (c->province != NONE && d->province != c->province)
        c->is_conflict = true;
    if (c->city != NONE && d->city != NONE && d->city != c->city)
        c->is_conflict = true;
    if (c->is_conflict)
        return false;
    c->province = d->province;
    if (d->city != NONE)
        c->city = d->city;
    if (d->level != LEVEL_DISTRICT)
        return true;
    if (c->district != NONE && c->district != division) {
        c->district = NONE; /* two districts: what is sure is their city */
        return true;
    }
    c->district = division;
    return true;
}

static bool take_said(const struct gazetteer *g,
                      uint32_t division,
                      struct im_bytes by,
                      struct context *c)
{
    uint32_t before = context_finest(c);

    if (!take(g, division, c))
        return false;
    if (context_finest(c) != before)
        c->said_by = by;
    return true;
}

void context_take_code(const struct gazetteer *g,
                       struct im_bytes code,
                       struct context *c)
{
    bool was_renamed = false;
    uint32_t found = division_by_code(g, code, &was_renamed);
    char digits[7];

    if (found != NONE) {
        take_said(g, found, code, c);
        c->was_renamed |= was_renamed;
    } else if (g->n_divisions && take_digits(code, digits)) {
        c->is_foreign = true;
    }
}

/* ---- by name ---- */

/* Is the name of this division one, where so much is known? */
static bool
fits(const struct gazetteer *g, const struct name *name, const struct context *c)
{
    const struct division *d = &g->divisions[name->target];

    if (c->province != NONE && d->province != c->province)
        return false;
    if (c->city != NONE && d->city != NONE && d->city != c->city)
        return false;
    if (c->district != NONE && d->level == LEVEL_DISTRICT &&
        c->district != name->target)
        return false;
    return name->kind != NAME_LOCAL || c->city == d->city;
}

/* The one division of this text that fits what is known; NONE: none, or several. Names
 * of today go before former ones; a city before a district of the same short name
 * ("芜湖"), unless the city is known. */
static uint32_t only_one(const struct gazetteer *g,
                         const struct name_match *match,
                         const struct context *c,
                         bool *is_former)
{
    uint32_t found = NONE;
    bool found_former = false;

    for (uint32_t i = 0; i < match->n; i++) {
        const struct name *name = &match->first[i];
        bool former = name->kind == NAME_FORMER || name->kind == NAME_FORMER_SHORT;

        if (!fits(g, name, c) || name->target == found)
            continue;
        if (found == NONE) {
            found = name->target;
            found_former = former;
            continue;
        }
        if (former && !found_former)
            continue;
        enum division_level old = g->divisions[found].level;
        enum division_level new = g->divisions[name->target].level;
        if (old == new)
            return NONE;
        if (c->city == NONE ? new < old : new > old)
            found = name->target;
    }
    *is_former = found_former;
    return found;
}

static bool is_short(const struct name_match *match)
{
    return match->first->kind == NAME_SHORT || match->first->kind == NAME_FORMER_SHORT;
}

struct found_name {
    uint32_t division; /* NONE: none that fits, or several */
    size_t len;
    bool is_former;
    bool is_short;
};

/* The longest division name at `at` that is not the beginning of a street's or town's
 * name. */
static struct found_name name_at(const struct gazetteer *g,
                                 const struct reading *r,
                                 size_t at,
                                 const struct context *c)
{
    struct found_name found = {.division = NONE};
    struct name_match matches[NAME_TABLE_MAX_MATCHES];
    size_t n = name_table_at(&g->division_names, r->text, at, r->len, matches);

    for (size_t i = 0; i < n; i++) {
        size_t end = at + matches[i].len;
        enum follows follows = reading_follows(r, end);
        bool is_former;
        uint32_t division = only_one(g, &matches[i], c, &is_former);

        if (division == NONE || !reading_is_word(r, at, matches[i].len))
            continue;
        if (is_short(&matches[i]) &&
            (follows == FOLLOWS_ROAD || follows == FOLLOWS_TOWN ||
             (g->divisions[division].level == LEVEL_DISTRICT &&
              context_finest(c) == NONE && matches[i].len < r->len)))
            continue; /* 南京东路, 张江镇; 太湖科学城 is not in the county 太湖 */
        return (struct found_name){division, matches[i].len, is_former,
                                   is_short(&matches[i])};
    }
    return found;
}

/* Characters between divisions that say nothing. */
static size_t skip_at(const struct reading *r, size_t at)
{
    static const char *const words[] = {"中国", "原", "现", "今", "，", "、",
                                        "·",    "—",  "：", "。", NULL};
    struct im_bytes rest = {r->text + at, r->len - at};

    if (rest.len && rest.data[0] < 0x80 && strchr(",;:.-/|", rest.data[0]))
        return 1;
    for (size_t i = 0; words[i]; i++)
        if (text_begins(rest, words[i]))
            return strlen(words[i]);
    return 0;
}

/* Provinces of GB/T 2260 as addresses begin with them: those that no layer knows are
 * elsewhere. */
static const char *const PROVINCES[] = {
    "北京", "天津", "河北", "山西", "内蒙古", "辽宁", "吉林", "黑龙江", "上海",
    "江苏", "浙江", "安徽", "福建", "江西",   "山东", "河南", "湖北",   "湖南",
    "广东", "广西", "海南", "重庆", "四川",   "贵州", "云南", "西藏",   "陕西",
    "甘肃", "青海", "宁夏", "新疆", "台湾",   "香港", "澳门", NULL};

static size_t province_at(const struct reading *r, size_t at)
{
    struct im_bytes rest = {r->text + at, r->len - at};

    for (size_t i = 0; PROVINCES[i]; i++) {
        size_t len = strlen(PROVINCES[i]);

        if (text_begins(rest, PROVINCES[i]) &&
            reading_follows(r, at + len) != FOLLOWS_ROAD)
            return len;
    }
    return 0;
}

/* What 市 does not make a city of: 江场三路市北高新园, 超市, 科技城市民中心. */
static bool is_city_name(struct im_bytes before, struct im_bytes from)
{
    static const char *const befores[] = {"城", "超", "路", "街", "道",
                                          "号", "镇", "乡", "村", "区",
                                          "县", "园", "楼", "门", NULL};
    static const char *const froms[] = {"市场", "市民", "市政", "市中",
                                        "市内", "市区", "市北", NULL};

    for (size_t i = 0; befores[i]; i++)
        if (text_ends(before, befores[i]))
            return false;
    for (size_t i = 0; froms[i]; i++)
        if (text_begins(from, froms[i]))
            return false;
    return true;
}

/* "广州市天河区": two to five characters and 市 */
static bool begins_with_city(struct im_bytes text)
{
    size_t at = 0;

    for (size_t n = 0; n < 6 && at < text.len && text.data[at] >= 0x80; n++) {
        struct im_bytes before = {text.data, at};
        struct im_bytes rest = {text.data + at, text.len - at};

        if (n >= 2 && text_begins(rest, "市"))
            return is_city_name(before, rest);
        at += text_char(text.data + at);
    }
    return false;
}

static bool is_foreign_at(const struct reading *r, size_t at, const struct context *c)
{
    struct im_bytes rest = {r->text + at, r->len - at};
    size_t len = province_at(r, at);

    if (!len)
        return begins_with_city(rest);
    rest = (struct im_bytes){rest.data + len, rest.len - len};
    /* "河北新村" in Shanghai is a street's name */
    return c->city == NONE || text_begins(rest, "省") || text_begins(rest, "市") ||
           text_begins(rest, "自治区") || begins_with_city(rest);
}

/* What contradicts is said in full ("苏州市", "苏州昆山"): 南京大厦 may be anywhere. */
static struct found_name
contradiction_at(const struct gazetteer *g, const struct reading *r, size_t at)
{
    struct context c;
    struct found_name name;

    context_init(&c);
    name = name_at(g, r, at, &c);
    if (name.division == NONE || !name.is_short)
        return name;
    if (take(g, name.division, &c) && at + name.len < r->len) {
        uint32_t outer = context_finest(&c);
        struct found_name next = name_at(g, r, at + name.len, &c);

        if (next.division != NONE && next.division != outer)
            return name;
    } else if (name.len == r->len) {
        return name;
    }
    return (struct found_name){.division = NONE};
}

/* Division names from the start on, outermost first. Returns where they end. */
static size_t
take_head(const struct gazetteer *g, const struct reading *r, struct context *c)
{
    size_t at = 0;
    struct context here; /* what this text alone says, so that it can contradict */
    bool any = false;

    context_init(&here);
    while (at < r->len && !c->is_conflict) {
        struct context narrowed = any ? here : *c;
        struct found_name name = name_at(g, r, at, &narrowed);
        size_t skip = name.division == NONE ? skip_at(r, at) : 0;

        if (name.division == NONE && !any) /* maybe it contradicts what is known */
            name = contradiction_at(g, r, at);
        if (name.division == NONE) {
            if (!skip)
                break;
            at += skip;
            continue;
        }
        take(g, name.division, &here);
        if (here.is_conflict)
            break;
        any = true;
        c->was_renamed |= name.is_former;
        take_said(g, name.division, reading_source(r, at, name.len), c);
        at += name.len;
    }
    if (!any && g->n_divisions && is_foreign_at(r, at, c))
        c->is_foreign = true;
    return at;
}

/* Alone in brackets or between spaces? */
static bool is_enclosed(const struct reading *r, size_t at, size_t len)
{
    return (at == 0 || r->from[at] != r->to[at - 1]) &&
           (at + len == r->len ? r->to[r->len - 1] < r->source.len
                               : r->from[at + len] != r->to[at + len - 1]);
}

/* Whole names ("南京市", "栖霞区") anywhere, where the start says nothing; "（松江）"
 * too where it fits. */
static void
take_inside(const struct gazetteer *g, const struct reading *r, struct context *c)
{
    for (size_t at = 0; at < r->len && !c->is_conflict; at += text_char(r->text + at)) {
        struct found_name name = name_at(g, r, at, c);
        bool is_latin = r->text[at] < 0x80;

        if (name.division == NONE)
            continue;
        if (!is_enclosed(r, at, name.len) &&
            ((name.is_short && !is_latin) ||
             name.len < (is_latin ? 4 : SHORT_NAME_BYTES + 3)))
            continue;
        c->was_renamed |= name.is_former;
        take_said(g, name.division, reading_source(r, at, name.len), c);
        at += name.len - text_char(r->text + at);
    }
}

void context_take_address(const struct gazetteer *g,
                          const struct reading *r,
                          struct context *c)
{
    uint32_t before = context_finest(c);

    take_head(g, r, c);
    if (context_finest(c) == before && !c->is_foreign && c->district == NONE)
        take_inside(g, r, c);
}

/* Levels that lists of divisions have where there is none. */
static bool is_no_division(const struct reading *r)
{
    static const char *const words[] = {"市辖区", "县",     "市级",
                                        "省级",   "市本级", "省本级",
                                        "全市",   "全省",   "省直辖县级行政区划",
                                        NULL};

    for (size_t i = 0; words[i]; i++)
        if (im_bytes_equal((struct im_bytes){r->text, r->len}, im_bytes_of(words[i])))
            return true;
    return false;
}

void context_take_column(const struct gazetteer *g,
                         struct im_bytes text,
                         bool is_city,
                         struct context *c)
{
    struct reading r;
    uint32_t before = context_finest(c);
    size_t end;

    if (!reading_make(&r, text) || !r.len || is_no_division(&r))
        return;
    end = take_head(g, &r, c);
    if (c->is_foreign || c->is_conflict || end == r.len)
        return;
    if (is_city) { /* "广州", "Guangzhou": not known here */
        c->is_foreign |= end == 0 && g->n_divisions && before == NONE;
        return;
    }
    if (c->district != NONE)
        return;
    c->seat_place = place_named(g, &r, c); /* "高新区", "合肥高新区" as a district */
    if (c->seat_place != NONE)
        c->said_by = reading_source(&r, 0, r.len);
}

/* Of a city that is known its districts are looked for, else the city itself. */
void context_take_name(const struct gazetteer *g,
                       const struct reading *r,
                       struct context *c)
{
    struct context said = *c;
    bool has_city = c->city != NONE;

    if (c->district != NONE)
        return;
    for (size_t at = 0; at < r->len; at += text_char(r->text + at)) {
        struct context known;
        struct found_name name;

        context_init(&known);
        name = name_at(g, r, at, has_city ? c : &known);
        if (name.division == NONE)
            continue;
        if (said.district != NONE && said.district != name.division &&
            g->divisions[name.division].level == LEVEL_DISTRICT)
            return; /* 瑶海经开区庐江园区 */
        take_said(g, name.division, reading_source(r, at, name.len), &said);
        if (said.is_conflict) { /* 上海张江（衢州）基地 says nothing sure */
            c->is_conflict = true;
            return;
        }
        at += name.len - text_char(r->text + at);
    }
    *c = said;
}

size_t divisions_in_front(const struct gazetteer *g,
                          const struct reading *r,
                          uint32_t inner,
                          uint32_t *scope)
{
    struct context c; /* short names are understood within the city of the place */
    size_t at = 0;

    context_init(&c);
    c.province = g->divisions[inner].province;
    c.city = g->divisions[inner].city;
    *scope = NONE;
    while (at < r->len) {
        struct found_name name = name_at(g, r, at, &c);

        if (name.division == NONE || !division_contains(g, name.division, inner) ||
            at + name.len == r->len)
            break;
        *scope = name.division;
        at += name.len;
    }
    return at;
}

/* "/", "-" and the like are people's way to write nothing. */
static bool says_something(struct im_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= 0x80 || (text.data[i] >= '0' && text.data[i] <= '9') ||
            (text.data[i] | 32) >= 'a')
            return true;
    return false;
}

void context_of_statement(const struct gazetteer *g,
                          const struct gazetteer_question *q,
                          struct context *c)
{
    struct reading r;

    context_init(c);
    context_take_code(g, q->adcode, c);
    if (says_something(q->city))
        context_take_column(g, q->city, true, c);
    if (says_something(q->district))
        context_take_column(g, q->district, false, c);
    if (context_finest(c) == NONE && !c->is_foreign && says_something(q->address) &&
        reading_make(&r, q->address))
        context_take_address(g, &r, c);
}
