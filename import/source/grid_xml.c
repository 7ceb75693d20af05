/* SPDX-License-Identifier: Apache-2.0 */
/* XML of a zip's entry through expat: no document types (so no entities, inside or
 * out), bounded depth, bounded bytes. */
#include "grid.h"

#include <cpl_error.h>
#include <cpl_vsi.h>
#include <expat.h>

enum {
    BLOCK_BYTES = 1 << 16,
    MAX_DEPTH = 256,
    /* expat 2.5 reads an unfinished tag again with each block: a long one is no work of
       a spreadsheet programme */
    MAX_TAG_BYTES = 1 << 20
};

void grid_xml_stop(struct grid_xml *xml, enum im_code rc)
{
    if (!xml->rc)
        xml->rc = rc;
    XML_StopParser(xml->parser, XML_FALSE);
}

static const char *local_name(const char *name)
{
    const char *bar = strrchr(name, '|');

    return bar ? bar + 1 : name;
}

const char *grid_xml_attribute(const struct grid_xml *xml, const char *name)
{
    size_t len = strlen(name);
    bool is_long = strchr(name, '|') != NULL;

    for (const char *const *a = xml->attributes; a && a[0]; a += 2) {
        size_t have = strlen(a[0]);

        if (is_long ? have >= len && strcmp(a[0] + have - len, name) == 0
                    : strcmp(local_name(a[0]), name) == 0)
            return a[1];
    }
    return NULL;
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    struct grid_xml *xml = data;

    if (xml->rc)
        return;
    if (++xml->depth > MAX_DEPTH) {
        im_fail(xml->err, IM_EDATA, "XML elements are nested deeper than %d",
                MAX_DEPTH);
        grid_xml_stop(xml,
                      im_zh(xml->err, IM_EDATA, "XML 元素嵌套超过 %d 层", MAX_DEPTH));
        return;
    }
    xml->attributes = (const char *const *)attributes;
    xml->on.start(xml, local_name(name));
    xml->attributes = NULL;
}

static void on_end(void *data, const XML_Char *name)
{
    struct grid_xml *xml = data;

    if (xml->rc)
        return;
    xml->on.end(xml, local_name(name));
    xml->depth--;
}

static void on_text(void *data, const XML_Char *text, int len)
{
    struct grid_xml *xml = data;

    if (!xml->rc && xml->on.text)
        xml->on.text(xml, (struct im_bytes){(const uint8_t *)text, (size_t)len});
}

static void on_doctype(void *data,
                       const XML_Char *name,
                       const XML_Char *system,
                       const XML_Char *public,
                       int has_internal)
{
    struct grid_xml *xml = data;

    (void)name;
    (void)system;
    (void)public;
    (void)has_internal;
    im_fail(xml->err, IM_EDATA,
            "the XML inside has a document type; no spreadsheet "
            "programme writes one");
    grid_xml_stop(xml, im_zh(xml->err, IM_EDATA,
                             "文件内的 XML 含有文档类型声明（DOCTYPE），不予读取"));
}

static enum im_code fail_xml(struct grid_xml *xml)
{
    unsigned long line = XML_GetCurrentLineNumber(xml->parser);
    const char *what = XML_ErrorString(XML_GetErrorCode(xml->parser));

    if (XML_GetErrorCode(xml->parser) == XML_ERROR_NO_MEMORY)
        return im_fail(xml->err, IM_ENOMEM, "XML: out of memory");
    im_fail(xml->err, IM_EDATA,
            "XML line %lu: %s; open it in a spreadsheet programme and save it anew",
            line, what);
    return im_zh(xml->err, IM_EDATA,
                 "XML 第 %lu 行有误（%s）；请用表格软件打开并重新保存", line, what);
}

static enum im_code fail_unpacked(struct grid_xml *xml)
{
    im_fail(xml->err, IM_ELIMIT,
            "unpacked it has more than %d MiB; save the sheet as CSV",
            GRID_MAX_UNPACKED_BYTES >> 20);
    return im_zh(xml->err, IM_ELIMIT, "解压后超过 %d MiB；请另存为 CSV 后导入",
                 GRID_MAX_UNPACKED_BYTES >> 20);
}

static enum im_code
feed(struct grid_xml *xml, VSILFILE *file, struct grid_budget *budget)
{
    uint64_t fed = 0;

    for (bool more = true; more;) {
        void *block = XML_GetBuffer(xml->parser, BLOCK_BYTES);

        if (!block)
            return im_fail(xml->err, IM_ENOMEM, "XML: out of memory");
        size_t n = VSIFReadL(block, 1, BLOCK_BYTES, file);
        if (n > budget->bytes || n > budget->work)
            return fail_unpacked(xml);
        budget->bytes -= n;
        budget->work -= n;
        fed += n;
        more = n > 0;
        if (XML_ParseBuffer(xml->parser, (int)n, !more) == XML_STATUS_ERROR)
            return xml->rc ? xml->rc : fail_xml(xml);
        if (CPLGetLastErrorType() >= CE_Failure) /* checksum, broken stream */
            return grid_fail_damaged("unpacking", xml->err);
        if (fed - (uint64_t)XML_GetCurrentByteIndex(xml->parser) > MAX_TAG_BYTES) {
            im_fail(xml->err, IM_EDATA,
                    "the XML inside has a tag of more than %d bytes", MAX_TAG_BYTES);
            return im_zh(xml->err, IM_EDATA, "文件内的 XML 标记超过 %d 字节",
                         MAX_TAG_BYTES);
        }
    }
    return IM_OK;
}

enum im_code grid_xml_read(struct grid_xml *xml,
                           const char *path,
                           struct grid_budget *budget,
                           bool *found,
                           struct im_error *err)
{
    enum im_code rc = IM_OK;
    XML_Parser parser = NULL;
    VSILFILE *file = NULL;

    CPLPushErrorHandler(CPLQuietErrorHandler);
    CPLErrorReset();
    file = VSIFOpenL(path, "rb");
    if (found)
        *found = file != NULL;
    if (!file) {
        if (found)
            goto done;
        rc = grid_fail_damaged("a part of it is missing", err);
        goto done;
    }
    parser = XML_ParserCreateNS(NULL, '|');
    if (!parser) {
        rc = im_fail(err, IM_ENOMEM, "XML: out of memory");
        goto done;
    }
    xml->parser = parser;
    xml->err = err;
    xml->rc = IM_OK;
    xml->depth = 0;
    XML_SetUserData(parser, xml);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    rc = feed(xml, file, budget);
done:
    if (parser)
        XML_ParserFree(parser);
    xml->parser = NULL;
    if (file)
        VSIFCloseL(file);
    CPLPopErrorHandler();
    return rc;
}
