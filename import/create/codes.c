/* SPDX-License-Identifier: Apache-2.0 */
/* Code lists: where a column has few values that repeat and people expect classes. */
#include "parts.h"

#include <xxhash.h>

enum { FEW_ROWS = 12 }; /* in so few rows values repeat by chance */

static const struct {
    const char *code;
    const char *zh;
    const char *en;
} KNOWN_CODES[] = {{"national", "国家级", "National"},
                   {"provincial", "省级", "Provincial"},
                   {"municipal", "市级", "Municipal"},
                   {"district", "区级", "District"},
                   {"district", "区县级", "District"},
                   {"county", "县级", "County"},
                   {"high", "高", "High"},
                   {"medium", "中", "Medium"},
                   {"low", "低", "Low"},
                   {"yes", "是", "Yes"},
                   {"no", "否", "No"},
                   {"in_use", "在用", "In use"},
                   {"under_construction", "在建", "Under construction"},
                   {"planned", "规划", "Planned"},
                   {"planned", "拟建", "Planned"},
                   {"built", "已建", "Built"},
                   {"built", "已建成", "Built"}};

/* A word for classes at the end of the heading. A value that a later file adds will be
 * refused until the definition knows it, so this is done where people expect a list. */
static bool is_class(const struct survey_column *c, const struct choice *choice)
{
    static const char *const endings[] = {"类型", "类别", "种类",   "分类",
                                          "级别", "等级", "层级",   "性质",
                                          "状态", "阶段", "可信度", NULL};

    if (choice->common == COMMON_CATEGORY || choice->common == COMMON_LEVEL ||
        choice->common == COMMON_CONFIDENCE)
        return true;
    for (size_t i = 0; choice->common == SCHEMA_NO_FIELD && endings[i]; i++)
        if (bytes_end(c->heading.base, im_bytes_of(endings[i])))
            return true;
    return false;
}

bool text_is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

static bool is_joined(const char *value)
{
    static const char *const joints[] = {";", "；", "、", ",", "，", "/", NULL};

    for (size_t i = 0; joints[i]; i++)
        if (strstr(value, joints[i]))
            return true;
    return false;
}

bool codes_fit(const struct survey_column *c, const struct choice *choice)
{
    bool has_other_script = false;

    if (!is_class(c, choice) || c->n_codes < 2 || c->n_codes > SURVEY_MAX_CODES ||
        c->n_number || c->n_filled < FEW_ROWS || c->n_filled < 4 * c->n_codes)
        return false;
    for (size_t i = 0; i < c->n_codes; i++) {
        if (is_joined(c->codes[i]))
            return false; /* several in one cell */
        has_other_script |= !text_is_ascii(c->codes[i]);
    }
    for (size_t i = 0; !has_other_script && i < c->n_codes; i++)
        for (size_t k = 0; k < sizeof KNOWN_CODES / sizeof *KNOWN_CODES; k++)
            has_other_script |= strcmp(KNOWN_CODES[k].code, c->codes[i]) == 0;
    return has_other_script; /* else the values are their own titles */
}

static json_t *code_object(const char *code, const char *zh, const char *en)
{
    return json_pack("{s:s, s:{s:s, s:s}}", "code", code, "title", "zh", zh, "en", en);
}

static bool has_code(const json_t *codes, const char *code)
{
    size_t i;
    json_t *other;

    json_array_foreach(
        (json_t *)codes, i,
        other) if (strcmp(json_string_value(json_object_get(other, "code")), code) ==
                   0) return true;
    return false;
}

/* Known ones by their usual code; else letters as they are; else a number that follows
 * from the text, so that it is the same whenever the layer is made again. */
static json_t *make_code(const json_t *codes, const char *value)
{
    char code[SURVEY_CODE_BYTES + 1];

    for (size_t k = 0; k < sizeof KNOWN_CODES / sizeof *KNOWN_CODES; k++)
        if ((strcmp(KNOWN_CODES[k].zh, value) == 0 ||
             strcmp(KNOWN_CODES[k].code, value) == 0) &&
            !has_code(codes, KNOWN_CODES[k].code))
            return code_object(KNOWN_CODES[k].code, KNOWN_CODES[k].zh,
                               KNOWN_CODES[k].en);
    if (text_is_ascii(value) && !has_code(codes, value))
        return code_object(value, value, value);
    snprintf(code, sizeof code, "c%08x",
             (unsigned)(XXH3_64bits(value, strlen(value)) >> 32));
    return code_object(code, value, "");
}

json_t *codes_make(const struct survey_column *c)
{
    json_t *codes = json_array();

    for (size_t i = 0; i < c->n_codes; i++)
        if (json_array_append_new(codes, make_code(codes, c->codes[i])) != 0) {
            json_decref(codes);
            return NULL;
        }
    return codes;
}

json_t *codes_of_precision(void)
{
    return json_pack(
        "[o, o, o, o, o]",
        code_object("site", "地点（200米以内）", "Site (within 200 m)"),
        code_object("park", "园区或校区（2公里以内）", "Park or campus (within 2 km)"),
        code_object("town", "街镇（5公里以内）", "Town (within 5 km)"),
        code_object("district", "仅知所在区县", "District known only"),
        code_object("city", "仅知所在城市", "City known only"));
}
