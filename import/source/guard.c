/* SPDX-License-Identifier: Apache-2.0 */
/* GDAL on a leash: quiet, without a network, without side effects. */
#include "internal.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_http.h>

static const struct {
    const char *key;
    const char *value;
} SETTINGS[] = {
    /* /vsicurl/ and its kin open this file only */
    {"CPL_VSIL_CURL_ALLOWED_FILENAME", "none"},
    /* tables and views in a foreign database must not open other sources */
    {"OGR_SQLITE_STATIC_VIRTUAL_OGR", "NO"},
    {"OGR_SQLITE_PRAGMA", "trusted_schema=OFF"},
    {"GML_SKIP_RESOLVE_ELEMS", "ALL"},
    {"GML_DOWNLOAD_WFS_SCHEMA", "NO"},
    {"LIBKML_RESOLVE_STYLE", "NO"},
    {"LIBKML_EXTERNAL_STYLE", "NO"},
    {"LIBKML_READ_GROUND_OVERLAY", "NO"}, /* pictures are no places */
    /* a reader must not write: no .gfs, no .shx */
    {"SHAPE_RESTORE_SHX", "NO"},
    /* one row an inserted block, at its place: nested blocks multiply without end */
    {"DXF_INLINE_BLOCKS", "NO"},
    {"DXF_MAX_BSPLINE_CONTROL_POINTS", "2000"},
    /* every request goes through address_fetch */
    {"OGR_WFS_USE_STREAMING", "NO"},
    {"GDAL_HTTP_MAX_RETRY", "0"},
    {NULL, NULL}};

/* Names in Chinese would become "____"; asked for with every feature, not only at the
 * opening. */
static const char LAUNDER[] = "LIBKML_LAUNDER_FIELD_NAMES";

void guard_enter(const struct address *address)
{
    CPLSetThreadLocalConfigOption(LAUNDER, "NO");
    CPLPushErrorHandler(CPLQuietErrorHandler);
    CPLHTTPPushFetchCallback(address_fetch, (void *)(uintptr_t)address);
    CPLErrorReset();
}

void guard_leave(void)
{
    CPLHTTPPopFetchCallback();
    CPLPopErrorHandler();
    CPLSetThreadLocalConfigOption(LAUNDER, NULL);
}

static void set(const char *key, const char *value)
{
    CPLSetThreadLocalConfigOption(key, value);
}

void guard_enter_open(const struct source_input *input, const char *dxf_encoding)
{
    guard_enter(input->address);
    for (size_t i = 0; SETTINGS[i].key; i++)
        set(SETTINGS[i].key, SETTINGS[i].value);
    set("CPL_ZIP_ENCODING", input->zip_encoding);
    set("DXF_ENCODING", dxf_encoding);
}

void guard_leave_open(void)
{
    for (size_t i = 0; SETTINGS[i].key; i++)
        set(SETTINGS[i].key, NULL);
    set("CPL_ZIP_ENCODING", NULL);
    set("DXF_ENCODING", NULL);
    guard_leave();
}

/* "./ogr/ogrsf_frmts/dxf/ogrdxflayer.cpp, 3367: error at line 15": where in GDAL it was
 * said helps nobody. */
static const char *own_words(const char *text)
{
    const char *place = strstr(text, ".cpp, ");
    size_t digits = place ? strspn(place + 6, "0123456789") : 0;

    return digits && strncmp(place + 6 + digits, ": ", 2) == 0 &&
                   !memchr(text, ' ', (size_t)(place - text))
               ? place + 6 + digits + 2
               : text;
}

void guard_message(const struct source_input *input,
                   const char *path,
                   char *out,
                   size_t size)
{
    const char *text =
        own_words(CPLGetLastErrorType() >= CE_Failure ? CPLGetLastErrorMsg() : "");
    size_t folders = (size_t)(file_name(path) - path);
    size_t n = 0;

    while (*text && n + 1 < size) {
        if (folders && strncmp(text, path, folders) == 0) {
            text += folders;
            continue;
        }
        unsigned char c = (unsigned char)*text++;
        out[n++] = (char)(c < 0x20 || c == 0x7F ? ' ' : c);
    }
    out[n] = '\0';
    if (!im_utf8_valid(im_bytes_of(out)))
        out[im_utf8_cut(out, n > 4 ? n - 4 : 0)] = '\0';
    if (!im_utf8_valid(im_bytes_of(out)))
        for (char *p = out; *p; p++)
            *p = (unsigned char)*p < 0x80 ? *p : '?';
    if (input->address)
        address_hide(input->address, out);
}
