/* SPDX-License-Identifier: Apache-2.0 */
/* Requests whose numbers make no sense. */
#include "query/select.h"

#include <math.h>
#include <stdio.h>

static enum im_code bad_number(const char *name,
                               double value,
                               const char *allowed_zh,
                               const char *allowed_en,
                               struct im_error *err)
{
    im_fail(err, IM_EARG, "%s is %.10g, allowed: %s", name, value, allowed_en);
    return im_zh(err, IM_EARG, "%s 为 %.10g，应为%s", name, value, allowed_zh);
}

static enum im_code check_origin(const struct query_request *q, struct im_error *err)
{
    if (!(q->lon >= -180 && q->lon <= 180))
        return bad_number("lon", q->lon, " -180 到 180 的经度",
                          "a longitude from -180 to 180", err);
    if (!(q->lat >= -90 && q->lat <= 90))
        return bad_number("lat", q->lat, " -90 到 90 的纬度",
                          "a latitude from -90 to 90", err);
    if (!(q->origin_uncertainty_m >= 0 &&
          q->origin_uncertainty_m <= SELECT_MAX_RADIUS_M))
        return bad_number("origin uncertainty", q->origin_uncertainty_m,
                          " 0 到 20100000 米", "0 to 20100000 m", err);
    if (!(q->max_m >= 0))
        return bad_number("max_m", q->max_m, " 0 或更大", "0 or more", err);
    return IM_OK;
}

static enum im_code check_time(const struct query_time *time, struct im_error *err)
{
    if (!time->is_set || time->from <= time->to)
        return IM_OK;
    im_fail(err, IM_EARG, "datetime ends before it begins; write it as begin/end");
    return im_zh(err, IM_EARG, "datetime 的结束早于开始；请写成 开始/结束");
}

enum im_code select_check_rows(const struct query_request *q, struct im_error *err)
{
    enum im_code rc = q->has_origin ? check_origin(q, err) : IM_OK;

    return rc == IM_OK ? check_time(&q->time, err) : rc;
}

enum im_code select_check(const struct query_request *q, struct im_error *err)
{
    char zh[64];
    char en[64];
    enum im_code rc = select_check_rows(q, err);

    if (rc != IM_OK)
        return rc;
    if (q->k < 1 || q->k > QUERY_MAX_K) {
        snprintf(zh, sizeof zh, " 1 到 %d 的整数", QUERY_MAX_K);
        snprintf(en, sizeof en, "an integer from 1 to %d", QUERY_MAX_K);
        return bad_number("k", (double)q->k, zh, en, err);
    }
    if (q->n_layers < 1 || q->n_layers > QUERY_MAX_LAYERS) {
        snprintf(zh, sizeof zh, " 1 到 %d 个图层", QUERY_MAX_LAYERS);
        snprintf(en, sizeof en, "1 to %d layers", QUERY_MAX_LAYERS);
        return bad_number("layers", (double)q->n_layers, zh, en, err);
    }
    if (q->n_sort > QUERY_MAX_SORT) {
        snprintf(zh, sizeof zh, "至多 %d 个排序字段", QUERY_MAX_SORT);
        snprintf(en, sizeof en, "at most %d sort fields", QUERY_MAX_SORT);
        return bad_number("sortby", (double)q->n_sort, zh, en, err);
    }
    return IM_OK;
}
