/* SPDX-License-Identifier: Apache-2.0 */
/* A text folded, and what its characters say about a match in it. */
#include "gazetteer_internal.h"

#include <engine/text.h>

size_t text_char(const uint8_t *at)
{
    return *at < 0x80 ? 1 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : 4;
}

bool text_begins(struct im_bytes text, const char *prefix)
{
    size_t len = strlen(prefix);

    return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

bool text_ends(struct im_bytes text, const char *suffix)
{
    size_t len = strlen(suffix);

    return text.len >= len && memcmp(text.data + text.len - len, suffix, len) == 0;
}

static struct im_bytes rest_of(const struct reading *r, size_t at)
{
    return (struct im_bytes){r->text + at, r->len - at};
}

/* Most characters of an address fold to themselves. */
static bool is_plain(struct im_bytes c, uint32_t code)
{
    return (code >= 0x4E00 && code <= 0x9FFF) ||
           (c.len == 1 &&
            ((code >= '0' && code <= '9') || (code >= 'a' && code <= 'z')));
}

bool reading_make(struct reading *r, struct im_bytes source)
{
    struct im_buf folded = {.max = 256};
    size_t end = source.len < READING_MAX_SOURCE ? source.len : READING_MAX_SOURCE;
    bool good = true;

    r->source = source;
    r->len = 0;
    for (size_t i = 0; i < end && good;) {
        size_t start = i;
        uint32_t code = im_utf8_next(source, &i);
        struct im_bytes c = {source.data + start, i - start};

        if (!is_plain(c, code)) {
            im_buf_clear(&folded);
            text_fold(c, &folded);
            good = !folded.failed;
            c = im_buf_bytes(&folded);
        }
        if (!good || r->len + c.len > READING_MAX)
            break;
        for (size_t k = 0; k < c.len; k++) {
            r->text[r->len] = c.data[k];
            r->from[r->len] = (uint16_t)start;
            r->to[r->len++] = (uint16_t)i;
        }
    }
    r->from[r->len] = r->to[r->len] = r->len ? r->to[r->len - 1] : 0;
    im_buf_release(&folded);
    if (!good)
        r->len = 0;
    return good;
}

struct im_bytes reading_bytes(const struct reading *r)
{
    return (struct im_bytes){r->text, r->len};
}

bool text_is_latin(struct im_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= 0x80)
            return false;
    return true;
}

struct im_bytes reading_source(const struct reading *r, size_t start, size_t len)
{
    if (!len)
        return (struct im_bytes){r->source.data, 0};
    return (struct im_bytes){r->source.data + r->from[start],
                             (size_t)r->to[start + len - 1] - r->from[start]};
}

/* Is one of the characters of `set` at text[at]? */
static bool is_one_of(struct im_bytes text, size_t at, const char *set)
{
    size_t len;

    if (at >= text.len)
        return false;
    len = text_char(text.data + at);
    if (at + len > text.len)
        return false;
    for (const uint8_t *s = (const uint8_t *)set; *s; s += text_char(s))
        if (text_char(s) == len && memcmp(s, text.data + at, len) == 0)
            return true;
    return false;
}

bool reading_is_boundary(const struct reading *r, size_t at)
{
    struct im_bytes text = {r->text, r->len};
    size_t before;

    if (at == 0 || r->from[at] != r->to[at - 1]) /* a bracket or space was between */
        return true;
    before = at - 1;
    while (before > 0 && (r->text[before] & 0xC0) == 0x80)
        before--;
    if (r->text[before] < 0x80)
        return true;
    return is_one_of(text, before,
                     "省市区县镇乡村路街道巷弄号楼层室座园城原在近至与和及的"
                     "，。、；：·—～－．");
}

static bool is_letter(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool reading_is_word(const struct reading *r, size_t start, size_t len)
{
    size_t from = r->from[start];
    size_t to = r->to[start + len - 1];

    if (is_letter(r->text[start]) && from > 0 && is_letter(r->source.data[from - 1]))
        return false;
    return !(is_letter(r->text[start + len - 1]) && to < r->source.len &&
             is_letter(r->source.data[to]));
}

/* Digits, letters and the words of house numbers to the end. */
static bool is_house_part(struct im_bytes text)
{
    for (size_t i = 0; i < text.len; i += text_char(text.data + i))
        if (text.data[i] >= 0x80 &&
            !is_one_of(text, i,
                       "号楼栋幢座室层弄单元期区一二三四五六七八九十甲乙丙丁东南"
                       "西北内、，。—～－"))
            return false;
    return true;
}

static const char *const ROADS[] = {"路",   "街",   "大道", "大街", "道",   "巷", "弄",
                                    "胡同", "公路", "高架", "桥",   "立交", NULL};
static const char *const TOWNS[] = {"镇", "乡", "街道", "村", "社区", NULL};

static bool begins_with_any(struct im_bytes text, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (text_begins(text, words[i]))
            return true;
    return false;
}

enum follows reading_follows(const struct reading *r, size_t end)
{
    struct im_bytes rest = rest_of(r, end);
    struct im_bytes next;

    if (is_house_part(rest))
        return FOLLOWS_HOUSE;
    if (begins_with_any(rest, TOWNS)) /* before the roads: 街道 begins like one */
        return FOLLOWS_TOWN;
    if (begins_with_any(rest, ROADS))
        return FOLLOWS_ROAD;
    /* 东路, 一路, 中街 */
    if (is_one_of(rest, 0,
                  "东南西北中上下前后新老一二三四五六七八九十环支湖山河江海")) {
        size_t len = text_char(rest.data);

        next = (struct im_bytes){rest.data + len, rest.len - len};
        if (begins_with_any(next, ROADS) && !text_begins(next, "街道"))
            return FOLLOWS_ROAD;
    }
    return FOLLOWS_OTHER;
}

static size_t longest_of(struct im_bytes text, const char *const *words)
{
    size_t longest = 0;

    for (size_t i = 0; words[i]; i++)
        if (text_begins(text, words[i]) && strlen(words[i]) > longest)
            longest = strlen(words[i]);
    return longest;
}

bool text_is_generic(struct im_bytes folded, bool is_part)
{
    static const char *const words[] = {
        "高新技术", "高科技",   "高新区", "高新",   "经济",   "技术",   "产业",
        "工业",     "开发区",   "经开区", "开发",   "科技",   "创新",   "创业",
        "服务",     "中心",     "基地",   "园区",   "孵化器", "孵化",   "众创",
        "空间",     "加速器",   "国家级", "国家",   "省级",   "市级",   "大学",
        "学院",     "软件",     "国际",   "企业",   "综合",   "示范",   "新区",
        "保税区",   "留学",     "人员",   "研究院", "研究所", "实验室", "平台",
        "公司",     "有限",     "集团",   "火车",   "高铁",   "机场",   "生物",
        "医药",     "信息",     "电子",   "文化",   "创意",   "大厦",   "广场",
        "商务",     "物流",     "新材料", "智能",   "制造",   "人才",   "项目",
        "公共",     "概念验证", "中试",   "人民",   "政府",   "管委会", "委员会",
        "校区",     "新城",     "科学城", "科技城", "城",     "园",     "区",
        "站",       "港",       "谷",     NULL};
    /* 火车东站 is a part of a name; 市北高新园 is a whole one */
    static const char *const words_of_parts[] = {
        "东", "南", "西", "北", "市", "省", "县", "镇", "一", "二", "三", "新", NULL};
    size_t at = 0;

    while (at < folded.len) {
        struct im_bytes rest = {folded.data + at, folded.len - at};
        size_t len = longest_of(rest, words);

        if (!len && is_part)
            len = longest_of(rest, words_of_parts);
        if (!len)
            return false;
        at += len;
    }
    return true;
}
