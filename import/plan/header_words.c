/* SPDX-License-Identifier: Apache-2.0 */
/* What columns are called: by the layer, by those who measure, by any office. */
#include "header.h"

enum { MAX_LABEL_BYTES = 120, MIN_ENDING_BYTES = 6, MAX_ENDING_BYTES = 48 };

struct word {
    struct im_bytes text;
    int points;
};
struct header_words {
    struct word *words; /* sorted by text; of equal ones the best is first */
    size_t n;
    size_t cap;
    struct im_arena *scratch; /* for folding; the arena of the words */
};

static const char *const POSITIONS[] = {
    "经度",      "纬度",     "东经",     "北纬",     "坐标",        "经纬度",
    "x",         "y",        "lon",      "lat",      "lng",         "long",
    "longitude", "latitude", "x坐标",    "y坐标",    "横坐标",      "纵坐标",
    "坐标x",     "坐标y",    "东坐标",   "北坐标",   "wkt",         "geom",
    "geometry",  "the_geom", "easting",  "northing", "coordinates", "coordinate",
    "location",  "地理坐标", "位置坐标", "经度坐标", "纬度坐标",    "中心经度",
    "中心纬度",  "百度经度", "百度纬度", "高德经度", "高德纬度",    NULL};

/* Not of one layer: what stands above the columns of lists in general. */
static const char *const USUAL[] = {"序号",
                                    "编号",
                                    "代码",
                                    "名称",
                                    "单位",
                                    "单位名称",
                                    "企业名称",
                                    "机构名称",
                                    "项目名称",
                                    "全称",
                                    "简称",
                                    "地址",
                                    "详细地址",
                                    "通讯地址",
                                    "注册地址",
                                    "备注",
                                    "说明",
                                    "类型",
                                    "类别",
                                    "种类",
                                    "级别",
                                    "等级",
                                    "性质",
                                    "行业",
                                    "产业",
                                    "领域",
                                    "省",
                                    "市",
                                    "省份",
                                    "城市",
                                    "区县",
                                    "县",
                                    "区",
                                    "街道",
                                    "乡镇",
                                    "地区",
                                    "所在地",
                                    "所属区域",
                                    "面积",
                                    "占地面积",
                                    "建筑面积",
                                    "规模",
                                    "数量",
                                    "金额",
                                    "投资额",
                                    "年份",
                                    "年度",
                                    "日期",
                                    "时间",
                                    "成立时间",
                                    "成立日期",
                                    "认定时间",
                                    "批准时间",
                                    "建设时间",
                                    "电话",
                                    "联系电话",
                                    "手机",
                                    "联系人",
                                    "负责人",
                                    "法人",
                                    "法定代表人",
                                    "邮箱",
                                    "网址",
                                    "运营单位",
                                    "运营机构",
                                    "主管部门",
                                    "主管单位",
                                    "来源",
                                    "资料来源",
                                    "状态",
                                    "统一社会信用代码",
                                    "邮编",
                                    "传真",
                                    "图号",
                                    "排名",
                                    "id",
                                    "no",
                                    "no.",
                                    "name",
                                    "title",
                                    "type",
                                    "category",
                                    "class",
                                    "level",
                                    "address",
                                    "city",
                                    "district",
                                    "province",
                                    "county",
                                    "area",
                                    "year",
                                    "date",
                                    "remark",
                                    "remarks",
                                    "note",
                                    "notes",
                                    "code",
                                    "phone",
                                    "tel",
                                    "telephone",
                                    "contact",
                                    "email",
                                    "source",
                                    "status",
                                    "description",
                                    "website",
                                    "url",
                                    "operator",
                                    NULL};

static bool is_open(uint8_t c)
{
    return c == '(' || c == '[' || c == '{';
}

static bool is_close(uint8_t c)
{
    return c == ')' || c == ']' || c == '}';
}

/* Folded text without brackets, and without what is in them. Folding has made all kinds
 * of round brackets one. */
static struct im_bytes
without_brackets(struct im_bytes text, bool keep_inside, uint8_t out[MAX_LABEL_BYTES])
{
    size_t n = 0;
    int depth = 0;

    for (size_t i = 0; i < text.len && n < MAX_LABEL_BYTES; i++) {
        uint8_t c = text.data[i];

        if (is_open(c))
            depth++;
        else if (is_close(c))
            depth -= depth > 0;
        else if (keep_inside || depth == 0)
            out[n++] = c;
    }
    return (struct im_bytes){out, n};
}

static int compare(struct im_bytes a, struct im_bytes b)
{
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_text(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    int order = compare(x->text, y->text);

    return order ? order : y->points - x->points;
}

static int find(const struct header_words *words, struct im_bytes text)
{
    size_t low = 0, high = words->n;

    if (text.len == 0)
        return 0;
    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (compare(words->words[mid].text, text) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < words->n && im_bytes_equal(words->words[low].text, text)
               ? words->words[low].points
               : 0;
}

static bool add(struct header_words *words, const char *text, int points)
{
    uint8_t plain[MAX_LABEL_BYTES];
    struct im_bytes folded = text_folded(im_bytes_of(text), words->scratch);

    if (folded.len == 0 || folded.len > MAX_LABEL_BYTES)
        return true;
    struct im_bytes bare = without_brackets(folded, true, plain);
    if (words->n + 2 > words->cap)
        return false;
    words->words[words->n++] = (struct word){folded, points};
    if (bare.len && bare.len != folded.len) {
        char *copy = im_arena_strdup(words->scratch, bare);
        if (!copy)
            return false;
        words->words[words->n++] = (struct word){{(uint8_t *)copy, bare.len}, points};
    }
    return true;
}

static bool add_all(struct header_words *words, const char *const *list, int points)
{
    bool good = true;

    for (; good && list && *list; list++)
        good = add(words, *list, points);
    return good;
}

static size_t count(const char *const *list)
{
    size_t n = 0;

    while (list && list[n])
        n++;
    return n;
}

static bool add_schema(struct header_words *words, const struct layer_schema *schema)
{
    bool good = true;

    for (size_t i = 0; good && schema && i < schema->n_fields; i++) {
        const struct schema_field *field = &schema->fields[i];

        if (field->hidden)
            continue;
        good = add(words, field->name, HEADER_KNOWN) &&
               add(words, field->title.zh, HEADER_KNOWN) &&
               add(words, field->title.en, HEADER_KNOWN) &&
               add_all(words, field->synonyms, HEADER_KNOWN);
    }
    return good;
}

struct header_words *header_words_new(const struct layer_schema *schema,
                                      struct im_arena *arena)
{
    struct header_words *words = im_arena_calloc(arena, 1, sizeof *words);
    size_t n = count(POSITIONS) + count(USUAL);

    for (size_t i = 0; schema && i < schema->n_fields; i++)
        n += 3 + count(schema->fields[i].synonyms);
    if (!words)
        return NULL;
    words->cap = 2 * n + 2;
    words->scratch = arena;
    words->words = im_arena_calloc(arena, words->cap, sizeof *words->words);
    if (!words->words || !add_schema(words, schema) ||
        !add_all(words, POSITIONS, HEADER_KNOWN) ||
        !add_all(words, USUAL, HEADER_USUAL))
        return NULL;
    qsort(words->words, words->n, sizeof *words->words, by_text);
    return words;
}

/* "孵化器名称" ends with "名称". Not the other way round, and not inside: names of
 * places begin with names of cities and hold all kinds of words. */
static int ending(const struct header_words *words, struct im_bytes text)
{
    if (text.len > MAX_ENDING_BYTES)
        return 0;
    for (size_t cut = 1; cut < text.len && text.len - cut >= MIN_ENDING_BYTES; cut++) {
        struct im_bytes end = {text.data + cut, text.len - cut};

        if ((end.data[0] & 0xC0) != 0x80 && end.data[0] >= 0x80 && find(words, end))
            return HEADER_ENDING;
    }
    return 0;
}

int header_word(const struct header_words *words, struct im_bytes text)
{
    uint8_t inside[MAX_LABEL_BYTES], outside[MAX_LABEL_BYTES];

    if (text.len == 0 || text.len > MAX_LABEL_BYTES)
        return 0;
    struct im_bytes folded = text_folded(text, words->scratch);
    if (folded.len > MAX_LABEL_BYTES)
        return 0;
    int points = find(words, folded);
    if (!points)
        points = find(words, without_brackets(folded, true, inside));
    struct im_bytes bare = without_brackets(folded, false, outside);
    if (!points)
        points = find(words, bare);
    return points ? points : ending(words, bare);
}
