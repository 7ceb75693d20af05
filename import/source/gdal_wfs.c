/* SPDX-License-Identifier: Apache-2.0 */
/* A WFS may give fewer rows at once than GDAL asks for. GDAL takes such an answer for
 * the last one, and the rows behind it would be missing without a word. */
#include "gdal.h"

#include <cpl_error.h>

enum { PAGE_OF_GDAL = 100 };

/* As many as come in the first answer, PAGE_OF_GDAL at most. */
static unsigned count_first(OGRLayerH layer)
{
    unsigned n = 0;

    while (n < PAGE_OF_GDAL) {
        OGRFeatureH feature = OGR_L_GetNextFeature(layer);

        if (!feature)
            break;
        n++;
        OGR_F_Destroy(feature);
    }
    OGR_L_ResetReading(layer);
    return n;
}

static enum im_code connect_again(struct gdal *g, struct im_error *err)
{
    char *name = strdup(OGR_L_GetName(g->parts[0].layer));

    if (!name)
        return im_fail(err, IM_ENOMEM, "'%s': out of memory", g->input->name);
    guard_enter(g->input->address);
    GDALClose(g->dataset);
    g->dataset = NULL;
    guard_leave();
    enum im_code rc = gdal_connect(g, err);
    guard_enter(g->input->address);
    OGRLayerH layer = rc ? NULL : GDALDatasetGetLayerByName(g->dataset, name);
    if (layer) {
        g->parts[0].layer = layer;
        g->parts[0].defn = OGR_L_GetLayerDefn(layer);
    } else if (!rc) {
        im_fail(err, IM_EIO, "'%s' has lost its layer '%.60s'; try again later",
                g->input->name, name);
        rc = im_zh(err, IM_EIO, "“%s”中的图层“%.60s”已不存在；请稍后重试",
                   g->input->name, name);
    }
    guard_leave();
    free(name);
    return rc;
}

enum im_code wfs_find_page(struct gdal *g, struct im_error *err)
{
    guard_enter(g->input->address);
    GIntBig promised = OGR_L_GetFeatureCount(g->parts[0].layer, 1);
    unsigned first = promised > 0 ? count_first(g->parts[0].layer) : 0;
    CPLErrorReset(); /* what went wrong goes wrong again while reading */
    guard_leave();
    g->n_promised = promised > 0 ? (uint64_t)promised : 0;
    if (first == 0 || first >= PAGE_OF_GDAL || first >= g->n_promised)
        return IM_OK;
    g->page_rows = first;
    return connect_again(g, err);
}

enum im_code wfs_check_end(const struct gdal *g, struct im_error *err)
{
    unsigned long long promised = g->n_promised;

    if (g->row >= promised)
        return IM_OK;
    im_fail(err, IM_EDATA,
            "'%s' has %llu rows but gives %llu; ask the office for a file, or for a "
            "higher limit of the service",
            g->input->name, promised, (unsigned long long)g->row);
    return im_zh(
        err, IM_EDATA,
        "“%s”共有 %llu 行，却只给出 %llu 行；请向对方索取文件，或请其放宽服务的上限",
        g->input->name, promised, (unsigned long long)g->row);
}
