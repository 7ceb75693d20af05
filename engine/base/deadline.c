/* SPDX-License-Identifier: Apache-2.0 */
#include <engine/deadline.h>

#include <time.h>

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

struct im_deadline im_deadline_in(uint64_t ms)
{
    return (struct im_deadline){now_us() + ms * 1000};
}

bool im_deadline_passed(const struct im_deadline *deadline)
{
    return deadline && deadline->at_us && now_us() >= deadline->at_us;
}

enum im_code im_deadline_fail(struct im_error *err)
{
    im_fail(err, IM_ESTOPPED,
            "the question takes longer than allowed and was stopped; narrow the area, "
            "the layers, the distance or the filter");
    return im_zh(err, IM_ESTOPPED,
                 "查询超过允许时间，已停止；请缩小范围、图层、距离或过滤条件");
}
