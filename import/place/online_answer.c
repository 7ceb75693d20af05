/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer of the online geocoder says, and what it is worth. */
#include "online_internal.h"

#include <jansson.h>

#include <stdio.h>

/* What a match has to score to count as its level says; below the second it is no more
 * than a hint at the district. The documentation gives no meaning but "100 is best":
 * chosen with care, not measured. */
#define SCORE_GOOD 90.0
#define SCORE_FAIR 60.0

static enum im_code fail_answer(struct im_error *err, const char *en, const char *zh)
{
    im_fail(err, IM_EIO, "online geocoder: the answer %s", en);
    return im_zh(err, IM_EIO, "在线地理编码：返回内容%s", zh);
}

/* Numbers come with and without quotes. */
static bool number_of(const json_t *value, double *out)
{
    if (json_is_number(value)) {
        *out = json_number_value(value);
        return true;
    }
    return json_is_string(value) &&
           im_parse_double(im_bytes_of(json_string_value(value)), out);
}

static void copy_text(char *out, size_t size, const json_t *value)
{
    const char *text = json_is_string(value) ? json_string_value(value) : "";

    snprintf(out, size, "%.*s", (int)im_utf8_cut(text, size - 1), text);
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = ' ';
}

static enum im_code
take_location(const json_t *location, struct online_found *out, struct im_error *err)
{
    out->score = -1;
    if (!number_of(json_object_get(location, "lon"), &out->lon) ||
        !number_of(json_object_get(location, "lat"), &out->lat))
        return fail_answer(err, "has no longitude and latitude", "没有经纬度");
    /* the service knows addresses in China only */
    if (!(out->lon > 70 && out->lon < 140 && out->lat > 3 && out->lat < 55))
        return fail_answer(err, "has a position outside of China", "的位置不在中国");
    if (!number_of(json_object_get(location, "score"), &out->score))
        out->score = -1;
    copy_text(out->level, sizeof out->level, json_object_get(location, "level"));
    copy_text(out->matched, sizeof out->matched, json_object_get(location, "keyWord"));
    out->found = true;
    return IM_OK;
}

/* "0" found, "101" nothing found, "404" and others failed; as text or number. */
static bool status_is(const json_t *root, const char *wanted)
{
    const json_t *status = json_object_get(root, "status");
    char text[32];

    if (json_is_integer(status)) {
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT,
                 json_integer_value(status));
        return strcmp(text, wanted) == 0;
    }
    return json_is_string(status) && strcmp(json_string_value(status), wanted) == 0;
}

enum im_code online_answer_parse(struct im_bytes body,
                                 struct online_found *out,
                                 char remark[128],
                                 struct im_error *err)
{
    json_t *root;
    const json_t *location;
    enum im_code rc = IM_OK;

    *out = (struct online_found){.score = -1};
    remark[0] = '\0';
    if (body.len >= 3 && memcmp(body.data, "\xEF\xBB\xBF", 3) == 0) {
        body.data += 3;
        body.len -= 3;
    }
    root = json_loadb((const char *)body.data, body.len, 0, NULL);
    location = json_object_get(root, "location");
    if (!json_is_object(root)) {
        rc = fail_answer(err, "is no JSON object", "不是 JSON 对象");
    } else if (status_is(root, "101")) {
        out->found = false;
    } else if (!status_is(root, "0")) {
        copy_text(remark, 128, json_object_get(root, "msg"));
        im_fail(err, IM_EDATA, "online geocoder: the service says that it failed");
        rc = im_zh(err, IM_EDATA, "在线地理编码：服务报告失败");
    } else if (!json_is_object(location)) {
        out->found = false; /* "ok", and nothing */
    } else {
        rc = take_location(location, out, err);
    }
    json_decref(root);
    return rc;
}

static bool has(const char *level, const char *word)
{
    return strstr(level, word) != NULL;
}

/* Levels are not listed anywhere: 门址, 兴趣点 and 地名地址 were seen in examples, the
 * others are what the words say. What is unknown counts as a district. */
static int rank_of(const char *level)
{
    static const struct {
        const char *word;
        int rank;
    } words[] = {{"门址", 0}, {"门牌", 0}, {"楼", 0},   {"兴趣点", 0}, {"POI", 0},
                 {"poi", 0},  {"地名", 1}, {"道路", 2}, {"路", 2},     {"街道", 2},
                 {"乡", 2},   {"镇", 2},   {"村", 2},   {"社区", 2},   {"区县", 3},
                 {"县", 3},   {"区", 3},   {"市", 4},   {"省", 5},     {"国", 5}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (has(level, words[i].word))
            return words[i].rank;
    return 3;
}

const char *online_precision(const char *level, double score)
{
    static const char *const names[] = {"site",     "park", "town",
                                        "district", "city", NULL};
    int rank = rank_of(level);

    if (rank == 0 && score < SCORE_GOOD) /* also when it does not say */
        rank = 1;
    if (rank < 3 && score >= 0 && score < SCORE_FAIR)
        rank = 3;
    return names[rank];
}
