/* SPDX-License-Identifier: Apache-2.0 */
/* What columns are called in the lists, tables and drawings of offices. */
#include "parts.h"

#include <xxhash.h>

ptrdiff_t bytes_find(struct im_bytes text, struct im_bytes part)
{
    const uint8_t *at =
        part.len && text.len ? memmem(text.data, text.len, part.data, part.len) : NULL;

    return at ? at - text.data : -1;
}

/* ---- a table of texts ---- */

struct word_entry {
    struct im_bytes text; /* data NULL: free */
    int value;
};

static struct word_entry *find_entry(const struct word_table *table,
                                     struct im_bytes text)
{
    size_t at = XXH3_64bits(text.data, text.len) & (table->cap - 1);

    while (table->entries[at].text.data &&
           !im_bytes_equal(table->entries[at].text, text))
        at = (at + 1) & (table->cap - 1);
    return &table->entries[at];
}

static bool grow(struct word_table *table)
{
    struct word_table wider = {.cap = table->cap ? 2 * table->cap : 64};

    wider.entries = im_arena_calloc(table->arena, wider.cap, sizeof *wider.entries);
    if (!wider.entries)
        return false;
    for (size_t i = 0; i < table->cap; i++)
        if (table->entries[i].text.data)
            *find_entry(&wider, table->entries[i].text) = table->entries[i];
    table->entries = wider.entries;
    table->cap = wider.cap;
    return true;
}

bool word_table_put(struct word_table *table, struct im_bytes text, int value)
{
    if (text.len == 0)
        return true;
    if (2 * table->n >= table->cap && !grow(table))
        return false;
    struct word_entry *entry = find_entry(table, text);
    if (entry->text.data)
        return true;
    *entry = (struct word_entry){text, value};
    table->n++;
    return true;
}

const int *word_table_get(const struct word_table *table, struct im_bytes text)
{
    const struct word_entry *entry =
        table->cap && text.len ? find_entry(table, text) : NULL;

    return entry && entry->text.data ? &entry->value : NULL;
}

bool word_table_at(const struct word_table *table,
                   size_t i,
                   struct im_bytes *text,
                   int *value)
{
    *text = table->entries[i].text;
    *value = table->entries[i].value;
    return text->data != NULL;
}

/* ---- headings ---- */

/* Between the words of a heading: nothing that tells headings apart. */
static bool is_joint(uint32_t c)
{
    static const char joints[] = "_-.,/\\'\"|;#";

    return (c < 0x80 && c && strchr(joints, (int)c)) || c == 0x3001 /* 、 */ ||
           c == 0xB7 || c == 0x2014 || c == 0x201C || c == 0x201D;
}

static bool is_open(uint32_t c)
{
    return c == '(' || c == '[' || c == '{' || c == 0x3010 || c == 0x3014 ||
           c == 0x300A;
}

static bool is_close(uint32_t c)
{
    return c == ')' || c == ']' || c == '}' || c == 0x3011 || c == 0x3015 ||
           c == 0x300B;
}

/* Copy what is no joint; `what` 0: all, 1: outside of brackets, 2: inside of them. */
static struct im_bytes pick(struct im_bytes folded, int what, struct im_arena *arena)
{
    uint8_t *out = im_arena_alloc(arena, folded.len + 1);
    size_t depth = 0;
    size_t len = 0;

    if (!out)
        return (struct im_bytes){(const uint8_t *)"", 0};
    for (size_t i = 0; i < folded.len;) {
        size_t from = i;
        uint32_t c = im_utf8_next(folded, &i);
        bool closes = is_close(c) && depth > 0;

        if (what && is_open(c)) {
            depth++;
            continue;
        }
        if (what && closes) {
            depth--;
            continue;
        }
        if ((what == 1 && depth) || (what == 2 && !depth) || (is_joint(c) && what != 2))
            continue;
        memcpy(out + len, folded.data + from, i - from);
        len += i - from;
    }
    out[len] = '\0';
    return (struct im_bytes){out, len};
}

/* "1.单位名称" and "(1)单位名称" are numbered headings; "5g" is not. */
static struct im_bytes without_number(struct im_bytes text)
{
    size_t i = 0;

    while (i < text.len && text.data[i] >= '0' && text.data[i] <= '9')
        i++;
    return i < text.len && text.data[i] >= 0x80 ? bytes_from(text, i) : text;
}

/* Names of several rows are joined with '/': what stands lowest says most. */
static struct im_bytes last_part(struct im_bytes folded)
{
    size_t depth = 0;
    size_t from = 0;

    for (size_t i = 0; i < folded.len;) {
        uint32_t c = im_utf8_next(folded, &i);

        depth += is_open(c);
        depth -= is_close(c) && depth > 0;
        if (c == '/' && depth == 0 && i < folded.len)
            from = i;
    }
    if (from == 0)
        return (struct im_bytes){(const uint8_t *)"", 0};
    return bytes_from(folded, from);
}

/* "面积/亩", "规划面积 公顷": the unit may stand there without brackets. */
static void take_unit(struct heading *heading)
{
    static const char *const units[] = {"平方公里", "平方千米", "万平方米", "平方米",
                                        "万平米",   "公顷",     "万亩",     "亩",
                                        "km2",      "m2",       "ha"};

    for (size_t i = 0; i < sizeof units / sizeof *units && !heading->inside.len; i++) {
        struct im_bytes unit = im_bytes_of(units[i]);
        struct im_bytes base = heading->base;

        if (!bytes_end(base, unit))
            continue;
        base.len -= unit.len;
        if (bytes_end(base, im_bytes_of("面积")) || is_text(base, "area")) {
            heading->inside = bytes_from(heading->base, base.len);
            heading->base = base;
        }
    }
}

struct heading heading_of(struct im_bytes name, struct im_arena *arena)
{
    enum { HEADING_MAX = 256 }; /* a longer text is none */
    struct heading out = {0};

    if (name.len > HEADING_MAX)
        name.len = im_utf8_cut((const char *)name.data, HEADING_MAX);
    struct im_bytes folded = text_folded(name, arena);
    out.whole = without_number(pick(folded, 0, arena));
    out.base = without_number(pick(folded, 1, arena));
    out.inside = pick(folded, 2, arena);
    folded = last_part(folded);
    out.last = without_number(pick(folded, 0, arena));
    out.last_base = without_number(pick(folded, 1, arena));
    take_unit(&out);
    return out;
}

/* ---- words for fields ---- */

struct general {
    const char *field; /* name of a field, or "@role" */
    const char *words;
};

/* The first field that a layer has takes a word. What a word means in one layer only
 * stands in the synonyms of its layer.json; these give way to them. */
static const struct general GENERAL[] = {
    {"@key", "编号|编码|代码|标识|标识码|唯一标识|唯一编号|统一编号|id|uid|uuid|code|"
             "key|identifier|bh"},
    {"@name_zh", "名称|单位名称|机构名称|中文名称|中文名|全称|单位全称|名字|name|"
                 "园区名|企业名|机构名|平台名|项目名|载体名|名称(全称)|name_cn|name_zh|"
                 "title|mc|cname"},
    {"@name_en", "英文名称|英文名|译名|外文名称|name_en|english_name|ename"},
    {"@former", "曾用名|原名|原名称|旧称|former_name|former"},
    {"@aliases", "别名|简称|又名|俗称|其他名称|alias|aliases|short_name"},
    {"category", "类别|类型|种类|分类|单位类型|单位类别|载体类型|平台类型|机构类型|"
                 "type|category|kind|class|lx|lb"},
    {"kind", "类别|类型|种类|分类|type|category|kind|class|lx|lb"},
    {"@level", "级别|等级|层级|认定级别|认定等级|载体级别|平台级别|level|grade|jb"},
    {"@city", "城市|所在市|所在城市|所在地市|地市|地级市|设区市|所属市|所属城市|"
              "所属地市|市|市州|city|cityname|cs"},
    {"district", "区县|县区|县市区|区(县)|县(市、区)|县(区)|区(市、县)|市(区、县)|"
                 "所在区|所在县|所在区(县)|所在区县|所在县区|所在县(市、区)|"
                 "所在区(市、县)|所属区|所属区县|所属县区|所属区(县)|行政区|市辖区|"
                 "区|district|county|qx"},
    {"host_district", "区县|县区|县市区|所在区|所在区(县)|所在区县|所属区县|"
                      "飞入区县|district|county"},
    {"province", "省|省份|所在省|所在省份|省市|省(市)|province"},
    {"@adcode", "行政区划代码|行政区划|行政区代码|行政代码|区划代码|区划码|"
                "行政区划编码|adcode|area_code|region_code|xzqdm|xzqhdm|qhdm"},
    {"address",
     "地址|详细地址|所在地址|单位地址|具体地址|注册地址|办公地址|通讯地址|"
     "经营地址|场地地址|联系地址|地点|所在地|所在位置|具体位置|位置|地理位置|"
     "address|addr|dz"},
    {"operator", "运营主体|运营机构|运营单位|运营公司|运营管理机构|依托单位|建设单位|"
                 "管理单位|管理机构|承担单位|主办单位|牵头单位|运营或依托单位|operator|"
                 "operator_name"},
    {"industry", "产业类别|产业分类|行业类别|行业分类|产业类型|产业方向|产业领域|"
                 "主导产业|重点产业|特色产业|行业|所属行业|行业领域|"
                 "领域|所属领域|技术领域|研究方向|研究领域|服务领域|专业领域|方向|"
                 "industry|field|sector"},
    {"established_year",
     "设立年份|成立年份|成立时间|设立时间|成立日期|建设年份|"
     "建成年份|建成时间|启用年份|启用时间|创建时间|创建年份|批准时间|批准年份|"
     "批准日期|获批时间|设立日期|获批年份|批复时间|批复年份|建立时间|年份|"
     "年度|year|founded|established"},
    {"year", "年份|年度|year"},
    {"area_km2", "面积|规划面积|管辖面积|占地面积|用地面积|总面积|area"},
    {"building_area_m2", "建筑面积|楼宇面积|场地面积|孵化面积|面积|floor_area|area"},
    {"website", "网站|网址|官网|官方网站|单位网址|主页|website|url|homepage|web"},
    {"source", "来源|数据来源|资料来源|信息来源|出处|source|data_source"},
    {"confidence", "可信度|可信程度|confidence"},
    {"@precision", "位置精度|定位精度|精度|precision"},
    {"note", "备注|说明|注|附注|note|notes|remark|remarks|comment|bz"},
};

/* What a heading may end with, when nothing else is known about it. */
static const struct general ENDINGS[] = {
    {"@name_zh", "名称"},     {"address", "地址"},
    {"@level", "级别|等级"},  {"category", "类型|类别"},
    {"kind", "类型|类别"},    {"industry", "领域|产业"},
    {"website", "网址|网站"}, {"area_km2", "占地面积|规划面积|用地面积|园区面积"},
};

struct headings {
    struct word_table table; /* of field * TIER_NONE + tier */
    const struct layer_schema *schema;
    const struct im_bytes *full; /* names and titles, for names cut by a format */
    const int *full_field;
    size_t n_full;
};

static int general_field(const struct layer_schema *schema, const char *field)
{
    static const struct {
        const char *name;
        size_t offset;
    } roles[] = {{"@name_zh", offsetof(struct schema_roles, name_zh)},
                 {"@name_en", offsetof(struct schema_roles, name_en)},
                 {"@former", offsetof(struct schema_roles, former)},
                 {"@aliases", offsetof(struct schema_roles, aliases)},
                 {"@level", offsetof(struct schema_roles, level)},
                 {"@city", offsetof(struct schema_roles, city)},
                 {"@adcode", offsetof(struct schema_roles, adcode)},
                 {"@precision", offsetof(struct schema_roles, precision)}};
    int index = SCHEMA_NO_FIELD;

    if (!schema)
        return 0; /* of some layer */
    if (field[0] != '@')
        return schema_field_index(schema, im_bytes_of(field));
    if (strcmp(field, "@key") == 0)
        return schema->key;
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(field, roles[i].name) == 0)
            memcpy(&index, (const char *)&schema->roles + roles[i].offset,
                   sizeof index);
    return index;
}

static bool
put_word(struct headings *h, struct im_bytes word, int field, enum heading_tier tier)
{
    struct heading heading = heading_of(word, h->table.arena);

    return word_table_put(&h->table, heading.whole, field * TIER_NONE + (int)tier);
}

static bool put_general(struct headings *h)
{
    for (size_t i = 0; i < sizeof GENERAL / sizeof *GENERAL; i++) {
        int field = general_field(h->schema, GENERAL[i].field);
        const char *word = GENERAL[i].words;

        for (; field != SCHEMA_NO_FIELD && *word; word += *word == '|') {
            size_t len = strcspn(word, "|");
            struct im_bytes text = {(const uint8_t *)word, len};

            if (!put_word(h, text, field, TIER_SYNONYM))
                return false;
            word += len;
        }
    }
    return true;
}

/* The strongest first: the first entry of a word stays. */
static bool put_fields(struct headings *h)
{
    const struct layer_schema *s = h->schema;
    size_t n = s ? s->n_fields : 0;

    for (size_t f = 0; f < n; f++)
        if (!put_word(h, im_bytes_of(s->fields[f].name), (int)f, TIER_NAME))
            return false;
    for (size_t f = 0; f < n; f++)
        if (!put_word(h, im_bytes_of(s->fields[f].title.zh), (int)f, TIER_TITLE) ||
            !put_word(h, im_bytes_of(s->fields[f].title.en), (int)f, TIER_TITLE))
            return false;
    for (size_t f = 0; f < n; f++)
        for (const char *const *w = s->fields[f].synonyms; *w; w++)
            if (!put_word(h, im_bytes_of(*w), (int)f, TIER_SYNONYM))
                return false;
    return put_general(h);
}

static bool list_full(struct headings *h, struct im_arena *arena)
{
    size_t n = 0;
    struct im_bytes *full = im_arena_calloc(arena, h->table.n + 1, sizeof *full);
    int *field = im_arena_calloc(arena, h->table.n + 1, sizeof *field);

    if (!full || !field)
        return false;
    for (size_t i = 0; i < h->table.cap; i++)
        if (h->table.entries[i].text.data) {
            full[n] = h->table.entries[i].text;
            field[n++] = h->table.entries[i].value / TIER_NONE;
        }
    h->full = full;
    h->full_field = field;
    h->n_full = n;
    return true;
}

const struct headings *headings_new(const struct layer_schema *schema,
                                    struct im_arena *arena)
{
    struct headings *h = im_arena_calloc(arena, 1, sizeof *h);

    if (!h)
        return NULL;
    *h = (struct headings){.table = {.arena = arena}, .schema = schema};
    return put_fields(h) && list_full(h, arena) ? h : NULL;
}

static bool
lookup(const struct headings *h, struct im_bytes text, struct heading_match *out)
{
    const int *value = word_table_get(&h->table, text);

    if (value)
        *out = (struct heading_match){*value / TIER_NONE,
                                      (enum heading_tier)(*value % TIER_NONE)};
    return value != NULL;
}

static struct heading_match match_ending(const struct headings *h, struct im_bytes base)
{
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
        int field = general_field(h->schema, ENDINGS[i].field);
        const char *word = ENDINGS[i].words;

        for (; field != SCHEMA_NO_FIELD && *word; word += *word == '|') {
            size_t len = strcspn(word, "|");

            if (bytes_end(base, (struct im_bytes){(const uint8_t *)word, len}))
                return (struct heading_match){field, TIER_ENDING};
            word += len;
        }
    }
    return (struct heading_match){SCHEMA_NO_FIELD, TIER_NONE};
}

/* "名称name": the part before the translation; "" when there is none. */
static struct im_bytes untranslated(const struct heading *heading)
{
    struct im_bytes text = heading->base;

    while (text.len && text.data[text.len - 1] < 0x80)
        text.len--;
    if (text.len == heading->base.len || text.data[0] < 0x80)
        return (struct im_bytes){(const uint8_t *)"", 0};
    return text;
}

struct heading_match headings_match(const struct headings *h,
                                    const struct heading *heading)
{
    static const char *const fillers[] = {"名称", "情况", "信息", "全称"};
    struct heading_match out = {SCHEMA_NO_FIELD, TIER_NONE};

    if (lookup(h, heading->whole, &out))
        return out;
    if (lookup(h, heading->base, &out)) {
        if (out.tier < TIER_SYNONYM)
            out.tier = TIER_TITLE; /* "面积(亩)" is as good as a title, no name */
        return out;
    }
    /* "运营单位名称" means the operator, not the name of the place */
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++) {
        struct im_bytes filler = im_bytes_of(fillers[i]);
        struct im_bytes base = heading->base;

        if (!bytes_end(base, filler))
            continue;
        base.len -= filler.len;
        if (lookup(h, base, &out)) {
            out.tier = TIER_SYNONYM;
            return out;
        }
    }
    if (lookup(h, heading->last, &out) || lookup(h, heading->last_base, &out)) {
        out.tier = TIER_SYNONYM; /* of what, the rows above may say otherwise */
        return out;
    }
    if (lookup(h, untranslated(heading), &out)) {
        out.tier = TIER_SYNONYM;
        return out;
    }
    return match_ending(h, heading->base);
}

/* DBF names have 10 bytes: in UTF-8 three Chinese characters, in GBK five. */
struct heading_match headings_match_cut(const struct headings *h,
                                        const struct heading *heading)
{
    enum { CUT_MIN = 9, CUT_MAX = 15 };
    struct heading_match out = {SCHEMA_NO_FIELD, TIER_NONE};

    if (heading->whole.len < CUT_MIN || heading->whole.len > CUT_MAX)
        return out;
    for (size_t i = 0; i < h->n_full; i++) {
        if (!bytes_start(h->full[i], heading->whole) || h->full_field[i] == out.field)
            continue;
        if (out.field != SCHEMA_NO_FIELD)
            return (struct heading_match){SCHEMA_NO_FIELD, TIER_NONE};
        out = (struct heading_match){h->full_field[i], TIER_ENDING};
    }
    return out;
}

/* ---- words for positions ---- */

static bool is_word(struct im_bytes text, const char *words)
{
    while (*words) {
        size_t len = strcspn(words, "|");

        if (im_bytes_equal(text, (struct im_bytes){(const uint8_t *)words, len}))
            return true;
        words += len + (words[len] == '|');
    }
    return false;
}

static bool has_word(struct im_bytes text, const char *words)
{
    while (*words) {
        size_t len = strcspn(words, "|");

        if (bytes_find(text, (struct im_bytes){(const uint8_t *)words, len}) >= 0)
            return true;
        words += len + (words[len] == '|');
    }
    return false;
}

static const char LON[] =
    "lon|lng|long|longitude|经度|东经|jd|经|横坐标|东坐标|easting|"
    "east|经度坐标|经度值";
static const char LAT[] = "lat|latitude|纬度|北纬|wd|纬|纵坐标|北坐标|northing|north|"
                          "纬度坐标|纬度值";
static const char X[] = "x|x坐标|坐标x|pointx|xcoord|coordx|xcoordinate|x值";
static const char Y[] = "y|y坐标|坐标y|pointy|ycoord|coordy|ycoordinate|y值";
static const char PAIR[] =
    "坐标|经纬度|经度纬度|位置|位置坐标|坐标位置|坐标点|点坐标|中心坐标|中心点坐标|"
    "地理坐标|空间坐标|地理位置|定位|定位坐标|经纬度坐标|经纬坐标|xy|xy坐标|location|"
    "lnglat|lonlat|longitudelatitude|coordinates|coordinate|coord|coords|position|"
    "point";
static const char PAIR_LAT_FIRST[] = "latlng|latlon|纬经度|纬度经度|latitudelongitude";
static const char WKT[] = "wkt|geom|geometry|wktgeom|geomwkt|thegeom|几何|shape|"
                          "空间数据|图形";
static const char SYSTEM[] = "坐标来源|定位来源|坐标获取方式|采集坐标系|坐标系|"
                             "坐标系统|坐标系名称|坐标系类型|坐标类型|坐标基准|"
                             "坐标参考系|坐标参照系|地图坐标系|crs|srs|srid|epsg|datum|"
                             "coordsys|coordtype|coordinatesystem";

static const struct {
    const char *words;
    const char *system;
} SYSTEMS[] = {
    {"bd09ll|bd09|百度地图|百度|baidu", "bd09"},
    {"gcj02|gcj|火星坐标系|火星|高德地图|高德|腾讯地图|腾讯|amap|autonavi", "gcj02"},
    {"cgcs2000|国家2000|大地2000|2000国家大地|china2000", "EPSG:4490"},
    {"wgs84|wgs1984|wgs|gps", "EPSG:4326"},
};

/* The base without the words that name a coordinate system. */
static struct im_bytes
without_system(struct im_bytes base, char buffer[64], const char **system)
{
    size_t len = base.len;

    *system = NULL;
    if (len >= 64)
        return base;
    memcpy(buffer, base.data, len);
    for (size_t i = 0; i < sizeof SYSTEMS / sizeof *SYSTEMS && !*system; i++)
        for (const char *w = SYSTEMS[i].words; *w;) {
            struct im_bytes word = {(const uint8_t *)w, strcspn(w, "|")};
            ptrdiff_t at = bytes_find((struct im_bytes){(uint8_t *)buffer, len}, word);

            if (at >= 0) {
                *system = SYSTEMS[i].system;
                memmove(buffer + at, buffer + at + word.len,
                        len - (size_t)at - word.len);
                len -= word.len;
                break;
            }
            w += word.len + (w[word.len] == '|');
        }
    return (struct im_bytes){(uint8_t *)buffer, len};
}

static enum position_word word_of(struct im_bytes base)
{
    if (is_word(base, LON))
        return WORD_LON;
    if (is_word(base, LAT))
        return WORD_LAT;
    if (is_word(base, X))
        return WORD_X;
    if (is_word(base, Y))
        return WORD_Y;
    if (is_word(base, PAIR_LAT_FIRST))
        return WORD_PAIR_LAT_FIRST;
    if (is_word(base, PAIR))
        return WORD_PAIR;
    if (is_word(base, WKT))
        return WORD_WKT;
    if (is_word(base, SYSTEM))
        return WORD_SYSTEM;
    /* "园区中心经度", "gps_lng" */
    bool lon = has_word(base, "经度|longitude");
    bool lat = has_word(base, "纬度|latitude");
    if (lon && lat)
        return WORD_PAIR;
    return lon ? WORD_LON : lat ? WORD_LAT : WORD_NONE;
}

struct position_heading heading_position(const struct heading *heading)
{
    char buffer[64];
    struct position_heading out = {WORD_NONE, NULL};
    struct im_bytes base = without_system(heading->base, buffer, &out.system);

    out.word = word_of(heading->base);
    if (out.word == WORD_NONE)
        out.word = base.len ? word_of(base) : WORD_NONE;
    if (out.word == WORD_NONE && heading->base.len == 0)
        out.word = word_of(heading->whole);
    if (out.word == WORD_NONE && heading->last_base.len)
        out.word = word_of(heading->last_base);
    if (out.word == WORD_NONE)
        out.word = word_of(untranslated(heading));
    if (out.word == WORD_SYSTEM)
        out.system = NULL;
    if (!out.system) /* "坐标(百度)" */
        (void)without_system(heading->inside, buffer, &out.system);
    if (out.word == WORD_PAIR) {
        ptrdiff_t lon = bytes_find(heading->inside, im_bytes_of("经"));
        ptrdiff_t lat = bytes_find(heading->inside, im_bytes_of("纬"));

        if (lat >= 0 && lon > lat)
            out.word = WORD_PAIR_LAT_FIRST;
    }
    /* "gps" alone says where a place is, not which system the numbers are in */
    if (is_text(heading->base, "gps"))
        out.word = WORD_PAIR;
    return out;
}

const char *system_of_text(struct im_bytes text, struct im_arena *arena)
{
    struct heading h = heading_of(text, arena);
    const char *system = NULL;
    char buffer[64];
    int64_t code = 0;
    struct im_bytes digits = h.whole;

    if (bytes_start(digits, im_bytes_of("epsg"))) {
        digits = bytes_from(digits, 4);
        if (digits.len && digits.data[0] == ':') /* text_fold may have dropped it */
            digits = bytes_from(digits, 1);
    }
    if (im_parse_int64(digits, &code) && code >= 1024 && code <= 99999)
        return plan_printf(arena, "EPSG:%d", (int)code);
    (void)without_system(h.whole, buffer, &system);
    return system;
}

const char *system_of_note(struct im_bytes text, struct im_arena *arena)
{
    enum { NOTE_MAX = 2000 };
    static const char *const shifted[] = {"bd09", "gcj02"};
    const char *found = NULL;

    if (text.len > NOTE_MAX)
        text.len = im_utf8_cut((const char *)text.data, NOTE_MAX);
    struct im_bytes folded = pick(text_folded(text, arena), 0, arena);
    /* "来源：百度百科" says nothing about positions */
    if (!has_word(folded, "坐标|经纬|经度|纬度|定位|拾取|coordinate|longitude"))
        return NULL;
    for (size_t i = 0; i < sizeof SYSTEMS / sizeof *SYSTEMS; i++)
        for (size_t j = 0; j < sizeof shifted / sizeof *shifted; j++) {
            if (strcmp(SYSTEMS[i].system, shifted[j]) != 0 ||
                !has_word(folded, SYSTEMS[i].words))
                continue;
            if (found) /* both: it explains them, or asks to choose */
                return NULL;
            found = shifted[j];
        }
    /* "请填写WGS84坐标，不要使用百度坐标" */
    return found && has_word(folded, "wgs|不要|不得|请勿|勿|不能|转换|转为|换算|纠偏")
               ? NULL
               : found;
}

bool heading_is_remark(const struct heading *heading)
{
    return has_word(heading->base, "备注|说明|来源|remark|note|source");
}

bool heading_is_region(const struct heading *heading)
{
    static const char *const ends[] = {"地区", "区域", "辖区", "属地", "区划"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (bytes_end(heading->base, im_bytes_of(ends[i])))
            return true;
    return false;
}

bool heading_is_row_number(const struct heading *heading)
{
    return is_word(heading->whole, "序号|序|顺序号|行号|no|num|sn|fid|ogcfid|objectid|"
                                   "objectid1|gid|rowid|xh|shapearea|shapelength|"
                                   "shapeleng");
}
