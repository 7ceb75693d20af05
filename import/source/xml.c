/* SPDX-License-Identifier: Apache-2.0 */
/* Is an XML file well formed to its end? GDAL's GML reader takes a broken file for an
 * empty one, others stop without a line number. */
#include "internal.h"

#include <expat.h>

enum { BLOCK_BYTES = 1 << 16, MAX_DEPTH = 256 };

struct check {
    XML_Parser parser;
    unsigned depth;
    bool is_deep;
    bool has_entities;
    unsigned n_links;
};

static void XMLCALL on_start(void *ctx,
                             const XML_Char *name,
                             const XML_Char **attributes)
{
    struct check *check = ctx;
    const char *colon = strchr(name, ':');

    (void)attributes;
    check->n_links += strcmp(colon ? colon + 1 : name, "NetworkLink") == 0;
    if (++check->depth > MAX_DEPTH) {
        check->is_deep = true;
        XML_StopParser(check->parser, XML_FALSE);
    }
}

static void XMLCALL on_end(void *ctx, const XML_Char *name)
{
    (void)name;
    ((struct check *)ctx)->depth--;
}

/* Entities of a document's own can point to other files, or multiply without end. */
static void XMLCALL on_entity(void *ctx,
                              const XML_Char *name,
                              int is_parameter,
                              const XML_Char *value,
                              int value_length,
                              const XML_Char *base,
                              const XML_Char *system_id,
                              const XML_Char *public_id,
                              const XML_Char *notation)
{
    struct check *check = ctx;

    (void)name, (void)is_parameter, (void)value, (void)value_length;
    (void)base, (void)system_id, (void)public_id, (void)notation;
    check->has_entities = true;
    XML_StopParser(check->parser, XML_FALSE);
}

static enum im_code
fail(const struct check *check, const char *name, struct im_error *err)
{
    unsigned long long line = XML_GetCurrentLineNumber(check->parser);

    if (check->has_entities) {
        im_fail(
            err, IM_EDATA,
            "'%s', line %llu, declares XML entities, which are not followed; export "
            "the file again",
            name, line);
        return im_zh(err, IM_EDATA,
                     "“%s”第 %llu 行声明了 XML 实体，不会解析；请重新导出文件", name,
                     line);
    }
    if (check->is_deep) {
        im_fail(err, IM_ELIMIT, "'%s', line %llu, is nested more than %d deep", name,
                line, MAX_DEPTH);
        return im_zh(err, IM_ELIMIT, "“%s”第 %llu 行嵌套超过 %d 层", name, line,
                     MAX_DEPTH);
    }
    const char *why = XML_ErrorString(XML_GetErrorCode(check->parser));
    im_fail(err, IM_EDATA,
            "'%s' is cut off or no good XML at line %llu (%s); get it anew", name, line,
            why);
    return im_zh(err, IM_EDATA,
                 "“%s”在第 %llu 行处不完整或不是正确的 XML（%s）；请重新获取", name,
                 line, why);
}

static enum im_code
parse(struct check *check, VSILFILE *file, const char *name, struct im_error *err)
{
    XML_SetUserData(check->parser, check);
    XML_SetElementHandler(check->parser, on_start, on_end);
    XML_SetEntityDeclHandler(check->parser, on_entity);
    for (bool more = true; more;) {
        void *block = XML_GetBuffer(check->parser, BLOCK_BYTES);
        size_t n = block ? VSIFReadL(block, 1, BLOCK_BYTES, file) : 0;

        if (!block)
            return im_fail(err, IM_ENOMEM, "read '%s': out of memory", name);
        more = n == BLOCK_BYTES;
        if (XML_ParseBuffer(check->parser, (int)n, !more) != XML_STATUS_OK)
            return fail(check, name, err);
    }
    return IM_OK;
}

enum im_code
xml_check(const char *path, const char *name, unsigned *n_links, struct im_error *err)
{
    struct check check = {.parser = XML_ParserCreate(NULL)};
    VSILFILE *file = VSIFOpenL(path, "rb");
    enum im_code rc;

    if (!check.parser || !file)
        rc = file ? im_fail(err, IM_ENOMEM, "'%s': out of memory", name)
                  : file_fail_vsi(err, path, name);
    else
        rc = parse(&check, file, name, err);
    if (file)
        VSIFCloseL(file);
    *n_links = check.n_links;
    if (check.parser)
        XML_ParserFree(check.parser);
    return rc;
}
