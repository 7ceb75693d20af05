/* SPDX-License-Identifier: Apache-2.0 */
/* Coordinate systems into EPSG:4326, longitude first. */
#include "crs.h"

#include <engine/gcj02.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <proj.h>

#include <ctype.h>
#include <fcntl.h>
#include <math.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* A .prj has 200 to 800 bytes, PROJJSON some thousand. */
enum { TEXT_MAX = 16 << 10, NAME_MAX_BYTES = 64 };

/* ---- refusals ---- */

static enum im_code fail_unknown(struct im_error *err, const char *text)
{
    im_fail(err, IM_EARG,
            "'%.*s' is no coordinate system that PROJ knows; write a code such as "
            "EPSG:4326, EPSG:4490 or EPSG:4549, gcj02, bd09, WKT, a .prj file, or "
            "+proj=...",
            (int)im_utf8_cut(text, 80), text);
    return im_zh(err, IM_EARG,
                 "PROJ 不认识坐标系“%.*s”；请写代码（如 EPSG:4326、EPSG:4490、"
                 "EPSG:4549）、gcj02、bd09、WKT、.prj 文件或 +proj=...",
                 (int)im_utf8_cut(text, 80), text);
}

static enum im_code fail_no_data(struct im_error *err)
{
    im_fail(err, IM_EENV, "PROJ does not find its data (proj.db); install proj-data");
    return im_zh(err, IM_EENV, "PROJ 找不到数据文件 proj.db，请安装 proj-data");
}

static enum im_code fail_inexact(struct im_error *err, const char *name)
{
    im_fail(err, IM_EDATA,
            "'%.*s' has no published transformation of known accuracy to EPSG:4326; a "
            "guess is 50 to 150 m off. Ask the office for CGCS2000 (EPSG:4490 or "
            "EPSG:4549), or for its parameters, as +proj=... +towgs84=...",
            (int)im_utf8_cut(name, 50), name);
    return im_zh(
        err, IM_EDATA,
        "“%.*s”没有公开的、精度已知的换算，硬算会偏 50–150 "
        "米。请向提供单位索取 "
        "CGCS2000 坐标（EPSG:4490 或 EPSG:4549），或转换参数（+proj=… +towgs84=…）",
        (int)im_utf8_cut(name, 50), name);
}

static enum im_code fail_local(struct im_error *err, const char *name)
{
    im_fail(
        err, IM_EDATA,
        "'%.*s' is a local system; its relation to the globe is not public. Ask the "
        "office for the same data in CGCS2000 (EPSG:4490 or EPSG:4549)",
        (int)im_utf8_cut(name, 60), name);
    return im_zh(err, IM_EDATA,
                 "“%.*s”是地方独立坐标系，与全球坐标的关系不公开。"
                 "请向提供单位索取 CGCS2000 坐标（EPSG:4490 或 EPSG:4549）",
                 (int)im_utf8_cut(name, 60), name);
}

static enum im_code fail_baidu_metres(struct im_error *err)
{
    im_fail(err, IM_EARG,
            "Baidu's metres (BD-09 MC) are no defined coordinate system; export "
            "longitude and latitude and give --crs bd09");
    return im_zh(err, IM_EARG,
                 "百度墨卡托（BD-09 MC，米）没有公开定义；请导出经纬度后用 --crs bd09");
}

static enum im_code fail_grid(struct im_error *err, const char *name)
{
    im_fail(err, IM_EDATA,
            "'%.*s' refers to a grid file; files named inside of a definition are not "
            "opened. Give a code such as EPSG:4549",
            (int)im_utf8_cut(name, 60), name);
    return im_zh(err, IM_EDATA,
                 "“%.*s”引用了格网文件；定义里写的文件不会打开。请写代码，如 "
                 "EPSG:4549",
                 (int)im_utf8_cut(name, 60), name);
}

/* ---- which datum ---- */

/* Lower case letters and digits only: D_China_2000 -> dchina2000. */
static void squeeze(const char *text, char *out, size_t size)
{
    size_t n = 0;

    for (; *text && n + 1 < size; text++)
        if (isalnum((unsigned char)*text))
            out[n++] = (char)tolower((unsigned char)*text);
    out[n] = '\0';
}

/* WGS 84 and what differs from it by decimetres at most: CGCS2000, the ITRF, and what
 * has an earth-centred ellipsoid and no name. PROJ 9.1 has no operation between
 * CGCS2000 and WGS 84 and would call the identity a ballpark. */
static bool is_earth_centred(OGRSpatialReferenceH srs)
{
    static const char *const names[] = {"wgs1984",
                                        "wgs84",
                                        "worldgeodeticsystem1984",
                                        "china2000",
                                        "cgcs",
                                        "itrf",
                                        "internationalterrestrial",
                                        "grs80",
                                        "grs1980",
                                        "chinageodeticcoordinatesystem2000",
                                        "unknown",
                                        "unnamed",
                                        "notspecified",
                                        "mif"};
    const char *datum = OSRGetAttrValue(srs, "DATUM", 0);
    char name[NAME_MAX_BYTES];
    OGRErr failed = OGRERR_NONE;

    if (fabs(OSRGetSemiMajor(srs, &failed) - 6378137) > 0.01 || failed ||
        fabs(OSRGetInvFlattening(srs, &failed) - 298.257) > 0.001 || failed)
        return false;
    if (!datum)
        return true;
    squeeze(datum, name, sizeof name);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strstr(name, names[i]))
            return true;
    return name[0] == '\0';
}

/* The seven parameters of a person who has them; all zero says nothing. */
static bool has_parameters(OGRSpatialReferenceH srs)
{
    double p[7] = {0};

    if (OSRGetTOWGS84(srs, p, 7) != OGRERR_NONE)
        return false;
    for (int i = 0; i < 7; i++)
        if (p[i] != 0)
            return true;
    return false;
}

/* Is there an operation that holds on the whole map, no ballpark, of good accuracy? */
static bool has_operation(OGRSpatialReferenceH srs)
{
    const char *options[] = {"FORMAT=WKT2_2019", NULL};
    char *wkt = NULL;
    bool found = false;

    if (OSRExportToWktEx(srs, &wkt, options) != OGRERR_NONE) {
        CPLFree(wkt);
        return false;
    }
    PJ_CONTEXT *ctx = proj_context_create();
    PJ_OPERATION_FACTORY_CONTEXT *rules =
        proj_create_operation_factory_context(ctx, NULL);
    PJ *from = proj_create(ctx, wkt);
    PJ *to = proj_create(ctx, "EPSG:4326");
    PJ_OBJ_LIST *list = NULL;

    proj_log_level(ctx, PJ_LOG_NONE);
    if (rules && from && to) {
        proj_operation_factory_context_set_area_of_interest(ctx, rules, 114.45, 26.75,
                                                            123.55, 35.65);
        proj_operation_factory_context_set_spatial_criterion(
            ctx, rules, PROJ_SPATIAL_CRITERION_STRICT_CONTAINMENT);
        proj_operation_factory_context_set_allow_ballpark_transformations(ctx, rules,
                                                                          0);
        list = proj_create_operations(ctx, from, to, rules);
    }
    for (int i = 0; list && !found && i < proj_list_get_count(list); i++) {
        PJ *operation = proj_list_get(ctx, list, i);
        double accuracy_m = proj_coordoperation_get_accuracy(ctx, operation);

        found = accuracy_m >= 0 && accuracy_m <= CRS_WORST_M;
        proj_destroy(operation);
    }
    proj_list_destroy(list);
    proj_destroy(to);
    proj_destroy(from);
    proj_operation_factory_context_destroy(rules);
    proj_context_destroy(ctx);
    CPLFree(wkt);
    return found;
}

/* A definition can name files ("nadgrids", "PARAMETERFILE"), which PROJ would open. */
static bool names_a_file(OGRSpatialReferenceH srs)
{
    const char *options[] = {"FORMAT=WKT2_2019", NULL};
    char *wkt = NULL;
    bool names = false;

    if (OSRExportToWktEx(srs, &wkt, options) == OGRERR_NONE) {
        const char *grid = wkt;

        while (!names && (grid = strstr(grid, "grids="))) {
            grid += strlen("grids=");
            names = strncmp(grid, "@null", 5) != 0;
        }
        names = names || strstr(wkt, "PARAMETERFILE");
    }
    CPLFree(wkt);
    return names;
}

/* ---- the transform ---- */

static bool is_east_first(OGRSpatialReferenceH srs)
{
    int n = 0;
    const int *axes = OSRGetDataAxisToSRSAxisMapping(srs, &n);
    OGRAxisOrientation direction = OAO_Other;

    if (n < 2)
        return false;
    OSRGetAxis(srs, NULL, axes[0] - 1, &direction);
    return direction == OAO_East;
}

/* Longitude and latitude as the store wants them: there is nothing to do. */
static bool is_ready(OGRSpatialReferenceH srs)
{
    return OSRIsGeographic(srs) && !OSRIsProjected(srs) && !has_parameters(srs) &&
           is_earth_centred(srs) && is_east_first(srs) &&
           fabs(OSRGetAngularUnits(srs, NULL) - 0.0174532925199433) < 1e-12 &&
           fabs(OSRGetPrimeMeridian(srs, NULL)) < 1e-12;
}

static enum im_code make_transform(OGRSpatialReferenceH srs,
                                   const char *name,
                                   bool is_exact,
                                   struct crs_transform *out,
                                   struct im_error *err)
{
    enum im_code rc = IM_OK;
    OGRSpatialReferenceH wgs84 = OSRNewSpatialReference(NULL);
    OGRCoordinateTransformationOptionsH options =
        OCTNewCoordinateTransformationOptions();

    if (OSRImportFromEPSG(wgs84, 4326) != OGRERR_NONE) {
        rc = fail_no_data(err);
        goto done;
    }
    OSRSetAxisMappingStrategy(wgs84, OAMS_TRADITIONAL_GIS_ORDER);
    if (!is_exact) {
        OCTCoordinateTransformationOptionsSetBallparkAllowed(options, false);
        OCTCoordinateTransformationOptionsSetAreaOfInterest(options, 114.45, 26.75,
                                                            123.55, 35.65);
    }
    out->ct = OCTNewCoordinateTransformationEx(srs, wgs84, options);
    if (!out->ct)
        rc = fail_inexact(err, name);
done:
    OCTDestroyCoordinateTransformationOptions(options);
    OSRDestroySpatialReference(wgs84);
    return rc;
}

/* `srs` is the caller's own copy. */
static enum im_code transform_from(OGRSpatialReferenceH srs,
                                   const char *name,
                                   struct crs_transform *out,
                                   struct im_error *err)
{
    *out = (struct crs_transform){0};
    if (OSRIsCompound(srs))
        OSRStripVertical(srs);
    if (OSRIsLocal(srs))
        return fail_local(err, name);
    if (names_a_file(srs))
        return fail_grid(err, name);
    if (!OSRIsGeographic(srs) && !OSRIsProjected(srs))
        return fail_unknown(err, name);
    out->is_projected = OSRIsProjected(srs);
    if (is_ready(srs))
        return IM_OK;
    bool is_exact = has_parameters(srs) || is_earth_centred(srs);
    if (!is_exact && !has_operation(srs))
        return fail_inexact(err, name);
    return make_transform(srs, name, is_exact, out, err);
}

/* ---- what a person wrote ---- */

enum alias_meaning {
    ALIAS_CRS,
    ALIAS_GCJ02,
    ALIAS_BD09,
    ALIAS_BD09MC,
    ALIAS_OLD,
    ALIAS_LOCAL
};

struct alias {
    const char *text; /* lower case, without spaces, '-', '_' */
    enum alias_meaning meaning;
    const char *crs;
};

/* Whole names. */
static const struct alias NAMES[] = {
    {"gcj02", ALIAS_GCJ02, NULL},
    {"gcj", ALIAS_GCJ02, NULL},
    {"gcj02ll", ALIAS_GCJ02, NULL},
    {"火星坐标", ALIAS_GCJ02, NULL},
    {"火星坐标系", ALIAS_GCJ02, NULL},
    {"国测局坐标", ALIAS_GCJ02, NULL},
    {"国测局坐标系", ALIAS_GCJ02, NULL},
    {"高德", ALIAS_GCJ02, NULL},
    {"高德坐标", ALIAS_GCJ02, NULL},
    {"高德地图", ALIAS_GCJ02, NULL},
    {"腾讯", ALIAS_GCJ02, NULL},
    {"腾讯坐标", ALIAS_GCJ02, NULL},
    {"腾讯地图", ALIAS_GCJ02, NULL},
    {"amap", ALIAS_GCJ02, NULL},
    {"gaode", ALIAS_GCJ02, NULL},
    {"bd09", ALIAS_BD09, NULL},
    {"bd09ll", ALIAS_BD09, NULL},
    {"百度", ALIAS_BD09, NULL},
    {"百度坐标", ALIAS_BD09, NULL},
    {"百度坐标系", ALIAS_BD09, NULL},
    {"百度地图", ALIAS_BD09, NULL},
    {"百度经纬度", ALIAS_BD09, NULL},
    {"baidu", ALIAS_BD09, NULL},
    {"bd09mc", ALIAS_BD09MC, NULL},
    {"百度墨卡托", ALIAS_BD09MC, NULL},
    {"百度米制", ALIAS_BD09MC, NULL},
    {"wgs84", ALIAS_CRS, "EPSG:4326"},
    {"wgs1984", ALIAS_CRS, "EPSG:4326"},
    {"crs84", ALIAS_CRS, "EPSG:4326"},
    {"经纬度", ALIAS_CRS, "EPSG:4326"},
    {"cgcs2000", ALIAS_CRS, "EPSG:4490"},
    {"国家2000", ALIAS_CRS, "EPSG:4490"},
    {"2000国家大地坐标系", ALIAS_CRS, "EPSG:4490"},
    {"国家大地2000", ALIAS_CRS, "EPSG:4490"},
    {"天地图", ALIAS_CRS, "EPSG:4490"},
};

/* Parts of names; PROJ would take none of them. */
static const struct alias PARTS[] = {
    {"西安80", ALIAS_OLD, NULL},     {"1980西安", ALIAS_OLD, NULL},
    {"xian80", ALIAS_OLD, NULL},     {"xian1980", ALIAS_OLD, NULL},
    {"80西安", ALIAS_OLD, NULL},     {"北京54", ALIAS_OLD, NULL},
    {"1954北京", ALIAS_OLD, NULL},   {"beijing54", ALIAS_OLD, NULL},
    {"54北京", ALIAS_OLD, NULL},     {"beijing1954", ALIAS_OLD, NULL},
    {"独立", ALIAS_LOCAL, NULL},     {"地方", ALIAS_LOCAL, NULL},
    {"城市坐标", ALIAS_LOCAL, NULL}, {"城建坐标", ALIAS_LOCAL, NULL},
    {"上海坐标", ALIAS_LOCAL, NULL}, {"上海城市", ALIAS_LOCAL, NULL},
    {"上海2000", ALIAS_LOCAL, NULL}, {"shanghai2000", ALIAS_LOCAL, NULL},
};

/* "GCJ-02 " -> "gcj02", "EPSG：4549" -> "epsg:4549", "４５４９" stays. False: too long
 * for a name. */
static bool fold_name(const char *text, char out[NAME_MAX_BYTES])
{
    size_t n = 0;

    for (size_t i = 0; text[i]; i++) {
        unsigned char c = (unsigned char)text[i];

        if (isspace(c) || c == '-' || c == '_')
            continue;
        if (n + 1 >= NAME_MAX_BYTES)
            return false;
        if (strncmp(text + i, "：", strlen("：")) == 0) {
            c = ':';
            i += strlen("：") - 1;
        }
        out[n++] = (char)tolower(c);
    }
    out[n] = '\0';
    return n > 0;
}

static const struct alias *find_alias(const char *name)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcmp(name, NAMES[i].text) == 0)
            return &NAMES[i];
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++)
        if (strstr(name, PARTS[i].text))
            return &PARTS[i];
    return NULL;
}

static bool is_number(const char *text)
{
    size_t n = strspn(text, "0123456789");

    return n >= 4 && n <= 6 && text[n] == '\0';
}

/* "EPSG:4326 or so" would be taken for EPSG:4326; "EPSG:4490+5737" has heights too. */
static bool is_code(const char *text)
{
    bool has_authority =
        strncasecmp(text, "EPSG:", 5) == 0 || strncasecmp(text, "ESRI:", 5) == 0;

    return !has_authority || (text[5] && !text[5 + strspn(text + 5, "0123456789+")]);
}

/* OSRSetFromUserInput would also open files and addresses; these beginnings cannot be
 * either. */
static bool is_definition(const char *text)
{
    static const char *const beginnings[] = {
        "EPSG:",     "ESRI:",     "IGNF:",
        "OGC:",      "IAU_2015:", "urn:ogc:def:crs:",
        "+proj=",    "GEOGCS[",   "PROJCS[",
        "GEOGCRS[",  "GEODCRS[",  "PROJCRS[",
        "COMPD_CS[", "BOUNDCRS[", "COMPOUNDCRS[",
        "LOCAL_CS[", "ENGCRS[",   "{"};

    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncasecmp(text, beginnings[i], strlen(beginnings[i])) == 0)
            return is_code(text) && !strstr(text, "+init=") && !strstr(text, "grids=");
    return false;
}

static enum im_code from_definition(const char *text,
                                    const char *name, /* NULL: its own title */
                                    struct crs_transform *out,
                                    struct im_error *err)
{
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    enum im_code rc = IM_OK;

    CPLPushErrorHandler(CPLQuietErrorHandler);
    if (OSRImportFromEPSG(srs, 4326) != OGRERR_NONE) {
        rc = fail_no_data(err);
    } else if (strlen(text) > TEXT_MAX || !is_definition(text) ||
               OSRSetFromUserInput(srs, text) != OGRERR_NONE) {
        rc = fail_unknown(err, name ? name : text);
    } else {
        const char *title = OSRGetName(srs);

        OSRSetAxisMappingStrategy(srs, OAMS_TRADITIONAL_GIS_ORDER);
        rc = transform_from(srs, name ? name : title ? title : text, out, err);
    }
    CPLPopErrorHandler();
    OSRDestroySpatialReference(srs);
    return rc;
}

static bool is_prj_name(const char *text)
{
    const char *dot = strrchr(text, '.');

    return dot && (strcasecmp(dot, ".prj") == 0 || strcasecmp(dot, ".qpj") == 0 ||
                   strcasecmp(dot, ".wkt") == 0);
}

static enum im_code fail_prj(struct im_error *err, const char *path)
{
    im_fail(err, IM_EIO, "cannot read '%.120s' (a text file of at most 16 KiB)", path);
    return im_zh(err, IM_EIO, "无法读取“%.120s”（应为不超过 16 KiB 的文本文件）", path);
}

static enum im_code
from_prj(const char *path, struct crs_transform *out, struct im_error *err)
{
    char text[TEXT_MAX + 1];
    struct stat info;
    ssize_t n = -1;
    /* not waiting for somebody to write into a pipe */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
        info.st_size <= TEXT_MAX)
        n = read(fd, text, TEXT_MAX);
    if (fd >= 0)
        close(fd);
    if (n < 0 || memchr(text, '\0', (size_t)n))
        return fail_prj(err, path);
    text[n] = '\0';
    const char *start = text;
    if (strncmp(start, "\xEF\xBB\xBF", 3) == 0)
        start += 3;
    start += strspn(start, " \t\r\n");
    return from_definition(start, path, out, err);
}

enum im_code
crs_from_text(const char *text, struct crs_transform *out, struct im_error *err)
{
    char name[NAME_MAX_BYTES];
    char code[NAME_MAX_BYTES + 8];

    *out = (struct crs_transform){0};
    text += strspn(text, " \t\r\n");
    if (is_prj_name(text))
        return from_prj(text, out, err);
    if (!fold_name(text, name))
        return from_definition(text, NULL, out, err);
    const struct alias *alias = find_alias(name);
    if (!alias) {
        const char *number = strncmp(name, "epsg:", 5) == 0 ? name + 5 : name;

        if (!is_number(number))
            return from_definition(text, text, out, err);
        snprintf(code, sizeof code, "EPSG:%s", number);
        return from_definition(code, code, out, err);
    }
    switch (alias->meaning) {
    case ALIAS_CRS:
        return from_definition(alias->crs, alias->crs, out, err);
    case ALIAS_GCJ02:
        out->shift = CRS_GCJ02;
        return IM_OK;
    case ALIAS_BD09:
        out->shift = CRS_BD09;
        return IM_OK;
    case ALIAS_BD09MC:
        return fail_baidu_metres(err);
    case ALIAS_OLD:
        return fail_inexact(err, text);
    case ALIAS_LOCAL:
        return fail_local(err, text);
    }
    return fail_unknown(err, text);
}

/* ---- what a file declares ---- */

/* WKT without a code, as every .prj of ESRI: is it one that EPSG has? */
static bool find_code(OGRSpatialReferenceH srs, char *out, size_t size)
{
    int n = 0;
    int *confidence = NULL;
    OGRSpatialReferenceH *match = OSRFindMatches(srs, NULL, &n, &confidence);
    bool found = false;

    if (n > 0 && confidence[0] >= 90) {
        const char *authority = OSRGetAuthorityName(match[0], NULL);
        const char *code = OSRGetAuthorityCode(match[0], NULL);

        found = authority && code;
        if (found)
            snprintf(out, size, "%.20s:%.40s", authority, code);
    }
    OSRFreeSRSArray(match);
    CPLFree(confidence);
    return found;
}

/* MapInfo's systems have no name, other programmes call theirs so: then what it is. */
static bool is_nameless(const char *title)
{
    return !title || !*title || strcasecmp(title, "unnamed") == 0 ||
           strcasecmp(title, "unknown") == 0;
}

/* PROJ's words for it, without those that say what is so in all of them: messages have
 * little room. */
static void describe_nameless(OGRSpatialReferenceH srs, char *out, size_t size)
{
    static const char *const PLAIN[] = {" +lat_0=0", " +k=1",     " +y_0=0",
                                        " +units=m", " +no_defs", NULL};
    char *text = NULL;

    if (OSRExportToProj4(srs, &text) == OGRERR_NONE && text && *text) {
        for (size_t i = 0; PLAIN[i]; i++) {
            size_t n = strlen(PLAIN[i]);
            char *at = strstr(text, PLAIN[i]);

            if (at && (at[n] == ' ' || at[n] == '\0'))
                memmove(at, at + n, strlen(at + n) + 1);
        }
        snprintf(out, size, "%s", text);
    }
    CPLFree(text);
}

static void name_of(OGRSpatialReferenceH srs, char *out, size_t size)
{
    const char *authority = OSRGetAuthorityName(srs, NULL);
    const char *code = OSRGetAuthorityCode(srs, NULL);
    const char *title = OSRGetName(srs);

    if (authority && code)
        snprintf(out, size, "%.20s:%.40s", authority, code);
    else if ((OSRIsLocal(srs) || !find_code(srs, out, size)) && title)
        snprintf(out, size, "%.*s", (int)im_utf8_cut(title, size - 1), title);
    if (!OSRIsLocal(srs) && is_nameless(out))
        describe_nameless(srs, out, size);
    if (!*out || !im_utf8_valid(im_bytes_of(out)))
        snprintf(out, size, "?");
}

enum im_code crs_from_layer(OGRSpatialReferenceH srs,
                            struct im_arena *arena,
                            struct crs_transform *out,
                            const char **name,
                            struct im_error *err)
{
    char text[128] = "";
    OGRSpatialReferenceH own = OSRClone(srs);

    CPLPushErrorHandler(CPLQuietErrorHandler);
    if (OSRIsCompound(own))
        OSRStripVertical(own);
    name_of(own, text, sizeof text);
    enum im_code rc = transform_from(own, text, out, err);
    CPLPopErrorHandler();
    OSRDestroySpatialReference(own);
    *name = im_arena_strdup(arena, im_bytes_of(text));
    if (!rc && !*name) {
        crs_release(out);
        rc = im_fail(err, IM_ENOMEM, "coordinate system: out of memory");
    }
    return rc;
}

void crs_release(struct crs_transform *crs)
{
    if (crs->ct)
        OCTDestroyCoordinateTransformation(crs->ct);
    crs->ct = NULL;
}

/* ---- positions ---- */

/* PROJ wants x and y apart; one stretch of this many at a time, on the stack. */
enum { STRETCH = 512 };

static size_t apply_ct(const struct crs_transform *crs, double *xy, size_t n)
{
    double x[STRETCH];
    double y[STRETCH];
    int success[STRETCH];

    for (size_t i = 0; i < n; i++) {
        x[i] = xy[2 * i];
        y[i] = xy[2 * i + 1];
    }
    OCTTransformEx(crs->ct, (int)n, x, y, NULL, success);
    for (size_t i = 0; i < n; i++) {
        if (!success[i] || !isfinite(x[i]) || !isfinite(y[i]))
            return i;
        xy[2 * i] = x[i];
        xy[2 * i + 1] = y[i];
    }
    return n;
}

static size_t apply_all_ct(const struct crs_transform *crs, double *xy, size_t n)
{
    size_t done = 0;

    CPLPushErrorHandler(CPLQuietErrorHandler);
    while (done < n) {
        size_t count = n - done < STRETCH ? n - done : STRETCH;
        size_t good = apply_ct(crs, xy + 2 * done, count);

        done += good;
        if (good < count)
            break;
    }
    CPLPopErrorHandler();
    return done;
}

static void undo_shift(enum crs_shift shift, double *xy, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct crs_lonlat p = {xy[2 * i], xy[2 * i + 1]};

        p = shift == CRS_GCJ02 ? crs_gcj02_to_wgs84(p) : crs_bd09_to_wgs84(p);
        xy[2 * i] = p.lon;
        xy[2 * i + 1] = p.lat;
    }
}

static size_t count_finite(const double *xy, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(xy[2 * i]) || !isfinite(xy[2 * i + 1]))
            return i;
    return n;
}

size_t crs_apply(const struct crs_transform *crs, double *xy, size_t n)
{
    n = count_finite(xy, n);
    if (crs->ct)
        return apply_all_ct(crs, xy, n);
    if (crs->shift != CRS_NOT_SHIFTED) {
        undo_shift(crs->shift, xy, n);
        return count_finite(xy, n);
    }
    return n;
}
