/* SPDX-License-Identifier: Apache-2.0 */
#include "late.h"

enum im_code tile_late_fail(struct im_error *err)
{
    im_fail(err, IM_ESTOPPED,
            "the map takes longer to draw than allowed and was stopped; ask for fewer "
            "layers, a smaller picture or a higher zoom, or try again in a minute");
    return im_zh(
        err, IM_ESTOPPED,
        "绘图超过允许时间，已停止；请减少图层、缩小图片或放大级别，或一分钟后重试");
}
