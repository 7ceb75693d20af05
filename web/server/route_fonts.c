/* SPDX-License-Identifier: Apache-2.0 */
/* Glyphs for MapLibre in other people's pages. */
#include "routes.h"
#include "server_state.h"

enum im_code route_font(struct exchange *x, struct im_error *err)
{
    (void)x;
    return im_fail(err, IM_ENOTFOUND, "no fonts yet");
}
