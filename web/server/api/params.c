/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of all operations, and which operation takes which. */
#include "api/call.h"

enum {
    MAX_NAME_BYTES = 200,
    MAX_LIST_BYTES = 2000,
    MAX_POLYGON_BYTES = 8 * 1024 * 1024
};
/* Half the equator is the farthest there is. */
#define FARTHEST_KM 20038

static const char *const precisions[] = {"site", "park", "town", "district",
                                         "city", "all",  NULL};
static const char *const filter_langs[] = {"cql2-text", "cql2-json", NULL};
static const char *const shows[] = {"gaps", "covered", NULL};
static const char *const levels[] = {"city", "province", NULL};
static const char *const formats[] = {"json", "csv", "xlsx", NULL};
static const char *const languages[] = {"zh", "en", NULL};

#define TEXT(name, max)                                                                \
    {                                                                                  \
        name, PARAM_TEXT, 1, max, NULL                                                 \
    }
#define NUMBER(name, min, max)                                                         \
    {                                                                                  \
        name, PARAM_NUMBER, min, max, NULL                                             \
    }
#define INTEGER(name, min, max)                                                        \
    {                                                                                  \
        name, PARAM_INTEGER, min, max, NULL                                            \
    }
#define CHOICE(name, choices)                                                          \
    {                                                                                  \
        name, PARAM_CHOICE, 0, 0, choices                                              \
    }
#define FLAG(name)                                                                     \
    {                                                                                  \
        name, PARAM_FLAG, 0, 0, NULL                                                   \
    }
#define NO_VALUE                                                                       \
    {                                                                                  \
        "", ""                                                                         \
    }

const struct api_param_info api_params[API_PARAMS] = {
    [API_LAYER] = {TEXT("layer", MAX_LIST_BYTES),
                   {"图层", "LAYER"},
                   {"图层，可用逗号列出多个", "layer, several with commas"}},
    [API_LON] = {NUMBER("lon", -180, 180),
                 {"度", "D"},
                 {"起点经度（WGS 84）", "longitude of the origin, WGS 84"}},
    [API_LAT] = {NUMBER("lat", -90, 90),
                 {"度", "D"},
                 {"起点纬度", "latitude of the origin"}},
    [API_NEAR] = {TEXT("near", MAX_NAME_BYTES),
                  {"地名", "NAME"},
                  {"起点，如 张江；也可写 图层:编号",
                   "where from, for example 张江; also layer:id"}},
    [API_K] = {INTEGER("k", 1, QUERY_MAX_K),
               {"个数", "N"},
               {"个数（默认 5）", "how many (default 5)"}},
    [API_MAX_KM] = {NUMBER("max_km", 0, FARTHEST_KM),
                    {"公里", "KM"},
                    {"最远距离", "only within this distance"}},
    [API_EACH] = {FLAG("each"), NO_VALUE, {"每个图层各取 k 个", "k of each layer"}},
    [API_RADIUS_KM] = {NUMBER("radius_km", 0, FARTHEST_KM),
                       {"公里", "KM"},
                       {"起点（或其边缘）周围的距离",
                        "up to that far from the origin, or its edge"}},
    [API_IN] = {TEXT("in", MAX_NAME_BYTES),
                {"地名", "NAME"},
                {"某区县、城市、轮廓或走廊之内，如 松江区",
                 "inside a division, outline or corridor, for example 松江区"}},
    [API_BBOX] = {TEXT("bbox", MAX_NAME_BYTES),
                  {"西,南,东,北", "W,S,E,N"},
                  {"经纬度范围", "a box in degrees"}},
    [API_POLYGON] = {TEXT("polygon", MAX_POLYGON_BYTES),
                     {"GeoJSON", "GEOJSON"},
                     {"多边形之内", "inside these polygons"}},
    [API_CORRIDOR] = {TEXT("corridor", SCHEMA_MAX_ID),
                      {"图层", "LAYER"},
                      {"走廊（如 g60）沿线", "along a corridor, for example g60"}},
    [API_FROM] = {TEXT("from", MAX_NAME_BYTES),
                  {"地名", "NAME"},
                  {"两地连线的一端", "one end of a line between two places"}},
    [API_TO] = {TEXT("to", MAX_NAME_BYTES),
                {"地名", "NAME"},
                {"另一端", "the other end"}},
    [API_HALF_WIDTH_KM] = {NUMBER("half_width_km", 0, 1000),
                           {"公里", "KM"},
                           {"走廊或连线两侧的距离",
                            "so far around the corridor or line"}},
    [API_FILTER] = {TEXT("filter", CQL_MAX_BYTES),
                    {"CQL2", "CQL2"},
                    {"条件，如 \"level = 'national'\"",
                     "a filter, for example \"level = 'national'\""}},
    [API_FILTER_LANG] = {CHOICE("filter-lang", filter_langs),
                         {"语言", "LANG"},
                         {"cql2-text 或 cql2-json（默认看内容）",
                          "cql2-text, cql2-json (default: by its look)"}},
    [API_Q] = {TEXT("q", SEARCH_MAX_WORDS_BYTES),
               {"文字", "WORDS"},
               {"须出现的文字", "words that must be found"}},
    [API_DATETIME] = {TEXT("datetime", 64),
                      {"时间", "TIME"},
                      {"年份或区间，如 2016、2016/..",
                       "a year or a span, for example 2016, 2016/.."}},
    [API_PRECISION] = {CHOICE("precision", precisions),
                       {"级别", "LEVEL"},
                       {"参与计算的最粗精度：site、park、town、district、city、all；"
                        "更粗的另列",
                        "coarsest precision that takes part: site, park, town, "
                        "district, city, all; coarser rows are listed apart"}},
    [API_BY] = {TEXT("by", 48),
                {"分组", "GROUP"},
                {"none、city、district、province、layer、year、member 或字段名",
                 "none, city, district, province, layer, year, member or a field"}},
    [API_AREAS] = {TEXT("areas", SCHEMA_MAX_ID),
                   {"图层", "LAYER"},
                   {"按此图层的各个面统计", "count by the areas of this layer"}},
    [API_MEASURE] = {TEXT("measure", 60),
                     {"量", "MEASURE"},
                     {"count（默认）、sum:字段、mean:字段",
                      "count (default), sum:FIELD, mean:FIELD"}},
    [API_PER] = {TEXT("per", 60),
                 {"单位", "UNIT"},
                 {"每 100km2，或每单位指标（如 gdp）",
                  "per 100km2, or per unit of an indicator (gdp)"}},
    [API_INDICATOR] = {TEXT("indicator", 60),
                       {"指标", "CODE"},
                       {"旁列指标，如 rd_intensity",
                        "an indicator beside it, for example rd_intensity"}},
    [API_EMPTY] = {FLAG("empty"),
                   NO_VALUE,
                   {"也列出为零的组", "also groups without any row"}},
    [API_MIN_COUNT] = {INTEGER("min_count", 0, 1000000000),
                       {"个数", "N"},
                       {"不足此数的组不列", "leave out smaller groups"}},
    [API_OTHER] = {TEXT("other", MAX_LIST_BYTES),
                   {"图层", "LAYER"},
                   {"与之比较的图层", "the layer it is compared with"}},
    [API_OTHER_FILTER] = {TEXT("other_filter", CQL_MAX_BYTES),
                          {"CQL2", "CQL2"},
                          {"other 的条件", "a filter of the other layer"}},
    [API_SHOW] = {CHOICE("show", shows),
                  {"gaps|covered", "gaps|covered"},
                  {"列出缺的（默认）还是有的", "list the gaps (default) or the rest"}},
    [API_ACROSS] = {CHOICE("across", levels),
                    {"city|province", "city|province"},
                    {"两者须在不同的市或省", "both in different cities or provinces"}},
    [API_LEVEL] = {CHOICE("level", levels),
                   {"city|province", "city|province"},
                   {"按市（默认）或省", "by city (default) or province"}},
    [API_ORIGIN] = {TEXT("origin", MAX_NAME_BYTES),
                    {"地名", "NAME"},
                    {"飞出地", "where they come from"}},
    [API_HOST] = {TEXT("host", MAX_NAME_BYTES),
                  {"地名", "NAME"},
                  {"飞入地", "where they are"}},
    [API_MUTUAL] = {FLAG("mutual"),
                    NO_VALUE,
                    {"只列互设的", "only pairs with both directions"}},
    [API_OUTSIDE] = {FLAG("outside"),
                     NO_VALUE,
                     {"不含同一地区之内的", "leave out those within one division"}},
    [API_GEOMETRY] = {FLAG("geometry"),
                      NO_VALUE,
                      {"带几何（GeoJSON）", "with geometry (GeoJSON)"}},
    [API_FACETS] = {FLAG("facets"),
                    NO_VALUE,
                    {"按图层、城市、级别、产业计数",
                     "counts by layer, city, level, industry"}},
    [API_RUN] = {INTEGER("run", 1, 1e15),
                 {"编号", "N"},
                 {"哪次导入（默认最近改动的一次）",
                  "which run (default: the last that changed the layer)"}},
    [API_FIELDS] = {TEXT("fields", MAX_LIST_BYTES),
                    {"字段", "FIELDS"},
                    {"只要这些字段，用逗号分隔", "only these fields, with commas"}},
    [API_LIMIT] = {INTEGER("limit", 1, QUERY_MAX_K),
                   {"个数", "N"},
                   {"一页最多几条", "rows of a page"}},
    [API_CURSOR] = {TEXT("cursor", 1000),
                    {"游标", "CURSOR"},
                    {"上一页给出的游标", "as the page before gave it"}},
    [API_SORTBY] = {TEXT("sortby", MAX_LIST_BYTES),
                    {"字段", "FIELDS"},
                    {"排序，如 -established_year,name",
                     "order, for example -established_year,name"}},
    [API_STYLE] = {TEXT("style", 64),
                   {"样式", "STYLE"},
                   {"图例按此样式，如 dark",
                    "legends of this style, for example dark"}},
    [API_FORMAT] = {CHOICE("f", formats),
                    {"json|csv|xlsx", "json|csv|xlsx"},
                    {"格式", "format"}},
    [API_LANG] = {CHOICE("lang", languages), {"zh|en", "zh|en"}, {"语言", "language"}},
};

/* ---- the operations ---- */

#define WHERE                                                                          \
    API_LON, API_LAT, API_NEAR, API_IN, API_BBOX, API_POLYGON, API_CORRIDOR, API_FROM, \
        API_TO, API_HALF_WIDTH_KM
#define WHICH API_FILTER, API_FILTER_LANG, API_Q, API_DATETIME, API_PRECISION
#define DOOR API_FORMAT, API_LANG

static const uint8_t nearest_params[] = {
    API_LAYER, WHERE, API_K, API_MAX_KM, API_EACH, WHICH, API_FIELDS, API_CURSOR, DOOR};
static const uint8_t rows_params[] = {API_LAYER,  WHERE,      API_RADIUS_KM,
                                      WHICH,      API_FIELDS, API_LIMIT,
                                      API_CURSOR, API_SORTBY, DOOR};

static const uint8_t search_params[] = {
    API_Q,        API_LAYER,  WHERE,      API_FILTER, API_FILTER_LANG,
    API_DATETIME, API_FACETS, API_FIELDS, API_LIMIT,  DOOR};
static const uint8_t suggest_params[] = {API_Q,    API_LAYER, API_LON,    API_LAT,
                                         API_NEAR, API_LIMIT, API_FORMAT, API_LANG};

static const uint8_t counts_params[] = {
    API_LAYER,     API_BY,    API_AREAS,     API_MEASURE, API_PER,
    API_INDICATOR, API_EMPTY, API_MIN_COUNT, WHERE,       API_RADIUS_KM,
    WHICH,         API_LIMIT, API_GEOMETRY,  DOOR};
static const uint8_t join_params[] = {
    API_LAYER, API_OTHER, API_OTHER_FILTER, API_MAX_KM, API_ACROSS,
    WHERE,     WHICH,     API_FIELDS,       API_LIMIT,  DOOR};
static const uint8_t coverage_params[] = {
    API_LAYER, API_OTHER, API_OTHER_FILTER, API_MAX_KM, API_SHOW,
    WHERE,     WHICH,     API_FIELDS,       API_LIMIT,  DOOR};
static const uint8_t chain_params[] = {API_LAYER, API_OTHER,  API_MAX_KM, WHERE,
                                       WHICH,     API_FIELDS, API_LIMIT,  DOOR};
static const uint8_t flows_params[] = {
    API_LAYER,  API_LEVEL,       API_ORIGIN,   API_HOST,     API_MUTUAL, API_OUTSIDE,
    API_FILTER, API_FILTER_LANG, API_DATETIME, API_GEOMETRY, API_LIMIT,  DOOR};
static const uint8_t changes_params[] = {API_LAYER, API_RUN, API_LIMIT, DOOR};
static const uint8_t twins_params[] = {API_LAYER, WHERE, WHICH, API_LIMIT, DOOR};
static const uint8_t layers_params[] = {API_LAYER, API_STYLE, DOOR};
static const uint8_t ask_params[] = {API_Q, DOOR};

#define PARAMS(list) .params = list, .n_params = sizeof(list)

const struct api_operation api_operations[] = {
    {.name = "nearest",
     .about = {"最近的 k 个地点，按大地线距离排列",
               "the k nearest places by geodesic distance"},
     PARAMS(nearest_params),
     .word = API_LAYER,
     .default_limit = 5,
     .examples = "  innomap nearest concept_verification --near 张江 -k 3\n"
                 "  innomap nearest incubators,parks --lon 121.59 --lat 31.2 --json\n",
     .run = api_rows_run,
     .write = api_rows_write,
     .tabulate = api_rows_tabulate},
    {.name = "within",
     .about = {"一定范围内的地点：距离、区县、走廊、多边形",
               "places in an area: a distance, a division, a corridor, a polygon"},
     PARAMS(rows_params),
     .word = API_LAYER,
     .default_limit = 100,
     .examples =
         "  innomap within incubators --near 松江区 --radius-km 10\n"
         "  innomap within parks --corridor g60 --half-width-km 10 --csv parks.csv\n",
     .run = api_rows_run,
     .write = api_rows_write,
     .tabulate = api_rows_tabulate},
    {.name = "list",
     .about = {"逐条列出，可筛选、排序", "rows, filtered, in any order"},
     PARAMS(rows_params),
     .word = API_LAYER,
     .default_limit = 100,
     .examples = "  innomap list incubators --in 苏州 --filter \"level = 'national'\"\n"
                 "  innomap list parks --filter \"area_km2 > 5\" --sortby -area_km2 "
                 "--csv a.csv\n",
     .run = api_rows_run,
     .write = api_rows_write,
     .tabulate = api_rows_tabulate},
    {.name = "aggregate",
     .about = {"按区县、城市、级别、产业等计数、求和、平均",
               "counts, sums and means by division, level, industry and so on"},
     PARAMS(counts_params),
     .word = API_LAYER,
     .default_limit = 100,
     .examples =
         "  innomap aggregate incubators --by district\n"
         "  innomap aggregate parks --by city --measure sum:area_km2 --csv areas.csv\n",
     .run = api_counts_run,
     .write = api_counts_write,
     .tabulate = api_counts_tabulate},
    {.name = "coverage",
     .about = {"哪些地方一定距离内（或界内）没有另一类",
               "which of A have no B within reach, or inside"},
     PARAMS(coverage_params),
     .word = API_LAYER,
     .default_limit = 100,
     .examples = "  innomap coverage parks --other incubators --max-km 5\n"
                 "  innomap coverage divisions --filter \"level = 'district'\" --other "
                 "concept_verification\n",
     .run = api_pairs_run,
     .write = api_pairs_write,
     .tabulate = api_pairs_tabulate},
    {.name = "join",
     .about = {"每个 A 最近的 B", "for each A its nearest B"},
     PARAMS(join_params),
     .word = API_LAYER,
     .default_limit = 100,
     .examples = "  innomap join enclaves --other parks\n"
                 "  innomap join parks --other parks --across province --max-km 20\n",
     .run = api_pairs_run,
     .write = api_pairs_write,
     .tabulate = api_pairs_tabulate},
    {.name = "chain",
     .about = {"一定距离内几类是否齐全",
               "which A, or whether one place, have all of B, C, D near"},
     PARAMS(chain_params),
     .word = API_LAYER,
     .default_limit = 100,
     .examples =
         "  innomap chain --near 张江 --other incubators,pilot_platforms --max-km 20\n"
         "  innomap chain parks --other incubators,pilot_platforms --max-km 5\n",
     .run = api_pairs_run,
     .write = api_pairs_write,
     .tabulate = api_pairs_tabulate},
    {.name = "flows",
     .about = {"科创飞地：从哪里到哪里", "enclaves: from where to where"},
     PARAMS(flows_params),
     .word = API_LAYER,
     .default_limit = QUERY_MAX_K,
     .examples = "  innomap flows --host 上海\n"
                 "  innomap flows --level province --mutual --json\n",
     .run = api_flows_run,
     .write = api_flows_write,
     .tabulate = api_flows_tabulate},
    {.name = "search",
     .about = {"按文字找地点：名称、别名、拼音、机构、地址、编号",
               "places by text: names, aliases, pinyin, operators, addresses, codes"},
     PARAMS(search_params),
     .word = API_Q,
     .default_limit = 20,
     .examples = "  innomap search 生物医药 --in 苏州 --facets\n"
                 "  innomap search zhangjiang\n",
     .run = api_words_run,
     .write = api_search_write,
     .tabulate = api_words_tabulate},
    {.name = "suggest",
     .about = {"边输边提示的地名", "names as you type"},
     PARAMS(suggest_params),
     .word = API_Q,
     .default_limit = 10,
     .examples = "  innomap suggest zhangj\n",
     .run = api_words_run,
     .write = api_suggest_write,
     .tabulate = api_words_tabulate},
    {.name = "ask",
     .about = {"用一句话提问", "a plain question"},
     PARAMS(ask_params),
     .word = API_Q,
     .word_max = ASK_MAX_BYTES,
     .default_limit = 0,
     .examples = "  innomap ask 离张江最近的概念验证中心是哪几家\n"
                 "  innomap ask nearest concept-verification centre to Zhangjiang\n",
     .run = api_ask_run,
     .write = api_ask_write,
     .tabulate = api_ask_tabulate},
    {.name = "changes",
     .about = {"上次导入新增、变更、移除了什么",
               "what the last import added, changed, took away"},
     PARAMS(changes_params),
     .word = API_LAYER,
     .default_limit = 100,
     .examples = "  innomap changes\n"
                 "  innomap changes incubators\n",
     .run = api_changes_run,
     .write = api_changes_write,
     .tabulate = api_changes_tabulate},
    {.name = "duplicates",
     .about = {"疑似重复的条目", "rows that may be the same place"},
     PARAMS(twins_params),
     .word = API_LAYER,
     .default_limit = 100,
     .examples = "  innomap duplicates\n"
                 "  innomap duplicates incubators,parks --in 苏州\n",
     .run = api_twins_run,
     .write = api_twins_write,
     .tabulate = api_twins_tabulate},
    {.name = "layers",
     .about = {"图层的来源、日期、坐标系、字段", "sources, dates, fields of layers"},
     PARAMS(layers_params),
     .word = API_LAYER,
     .default_limit = 0,
     .examples = "  innomap layers\n",
     .run = api_layers_run,
     .write = api_layers_write,
     .tabulate = api_layers_tabulate},
};
const size_t api_n_operations = sizeof api_operations / sizeof *api_operations;

const struct api_operation *api_operation_find(struct im_bytes name)
{
    for (size_t i = 0; i < api_n_operations; i++)
        if (im_bytes_equal(name, im_bytes_of(api_operations[i].name)))
            return &api_operations[i];
    return NULL;
}

enum im_code api_take(struct api_call *c,
                      const struct url_param *pairs,
                      size_t n_pairs,
                      struct im_error *err)
{
    const struct api_operation *op = c->operation;
    struct param_spec specs[API_PARAMS];
    struct param_value values[API_PARAMS];
    enum im_code rc;

    for (size_t i = 0; i < op->n_params; i++) {
        specs[i] = api_params[op->params[i]].spec;
        if (op->params[i] == op->word && op->word_max > 0)
            specs[i].max = op->word_max;
    }
    rc =
        params_parse_pairs(pairs, n_pairs, specs, op->n_params, values, &c->fault, err);
    memset(c->values, 0, sizeof c->values);
    for (size_t i = 0; i < op->n_params; i++)
        c->values[op->params[i]] = values[i];
    if (rc == IM_OK && c->values[API_LANG].is_set)
        c->lang = c->values[API_LANG].choice == 0 ? LANG_ZH : LANG_EN;
    return rc;
}

enum api_format api_format_of(const struct api_call *c)
{
    return c->values[API_FORMAT].is_set ? (enum api_format)c->values[API_FORMAT].choice
                                        : API_JSON;
}
