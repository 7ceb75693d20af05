/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of a dBase table as bytes, to find their encoding; also of MapInfo's .dat.
 *
 *    4  number of records (32 bit)     32 + 32 i  column i:
 *    8  bytes of the header (16 bit)        0  name, 11 bytes
 *   10  bytes of a record (16 bit)         11  type: 'C' text
 *   29  language driver                    16  width, of 'C' with 17 as high byte
 */
#include "internal.h"

enum {
    HEAD_BYTES = 32,
    COLUMN_BYTES = 32,
    MAX_HEAD_BYTES = 65536,
    RECORDS_AT_ONCE = 256
};

struct dbf {
    VSILFILE *file;
    uint64_t n_records;
    uint64_t size;
    size_t head_bytes;
    size_t record_bytes;
    uint8_t head[MAX_HEAD_BYTES];
};

static bool read_head(struct dbf *dbf)
{
    const uint8_t *h = dbf->head;

    if (VSIFSeekL(dbf->file, 0, SEEK_END) != 0)
        return false;
    dbf->size = VSIFTellL(dbf->file);
    if (VSIFSeekL(dbf->file, 0, SEEK_SET) != 0 ||
        VSIFReadL(dbf->head, 1, HEAD_BYTES, dbf->file) != HEAD_BYTES)
        return false;
    dbf->n_records =
        h[4] | (uint64_t)h[5] << 8 | (uint64_t)h[6] << 16 | (uint64_t)h[7] << 24;
    dbf->head_bytes = (size_t)(h[8] | h[9] << 8);
    dbf->record_bytes = (size_t)(h[10] | h[11] << 8);
    if (dbf->head_bytes < HEAD_BYTES + 1 || dbf->record_bytes == 0)
        return false;
    size_t rest = dbf->head_bytes - HEAD_BYTES;
    return VSIFReadL(dbf->head + HEAD_BYTES, 1, rest, dbf->file) == rest;
}

static struct im_bytes trimmed(const uint8_t *text, size_t len)
{
    const uint8_t *end = memchr(text, 0, len);

    if (end)
        len = (size_t)(end - text);
    while (len && text[len - 1] == ' ')
        len--;
    return (struct im_bytes){text, len};
}

static size_t width_of(const uint8_t *column)
{
    return column[11] == 'C' ? (size_t)(column[16] | column[17] << 8) : column[16];
}

static void add_record(struct dbf *dbf,
                       const uint8_t *record,
                       uint64_t number,
                       struct evidence *evidence)
{
    size_t at = 1; /* behind the mark of deleted records */

    for (size_t c = HEAD_BYTES; c + COLUMN_BYTES <= dbf->head_bytes;
         c += COLUMN_BYTES) {
        const uint8_t *column = dbf->head + c;
        size_t width = width_of(column);

        if (column[0] == 0x0D || width > dbf->record_bytes - at)
            return;
        if (column[11] == 'C')
            evidence_add(evidence, trimmed(record + at, width), number);
        at += width;
    }
}

static void add_names(struct dbf *dbf, struct evidence *evidence)
{
    for (size_t c = HEAD_BYTES; c + COLUMN_BYTES <= dbf->head_bytes;
         c += COLUMN_BYTES) {
        if (dbf->head[c] == 0x0D)
            return;
        evidence_add(evidence, trimmed(dbf->head + c, 11), 0);
    }
}

static void add_records(struct dbf *dbf, struct evidence *evidence)
{
    uint8_t *records = malloc(RECORDS_AT_ONCE * dbf->record_bytes);

    for (uint64_t row = 0; records && row < dbf->n_records;) {
        size_t n = VSIFReadL(records, dbf->record_bytes, RECORDS_AT_ONCE, dbf->file);

        for (size_t i = 0; i < n && row < dbf->n_records; i++)
            add_record(dbf, records + i * dbf->record_bytes, ++row, evidence);
        if (n < RECORDS_AT_ONCE)
            break;
    }
    free(records);
}

/* ESRI and dBase, "Code pages supported by Visual FoxPro". */
const char *dbf_declared(unsigned language)
{
    switch (language) {
    case 0x4D:
    case 0x7A:
        return "936";
    case 0x4F:
    case 0x78:
        return "950";
    case 0x01:
    case 0x03:
    case 0x57:
        return "1252";
    default:
        return NULL;
    }
}

static struct dbf *dbf_open(const char *path)
{
    struct dbf *dbf = calloc(1, sizeof *dbf);

    if (!dbf)
        return NULL;
    dbf->file = VSIFOpenL(path, "rb");
    if (dbf->file && read_head(dbf))
        return dbf;
    if (dbf->file)
        VSIFCloseL(dbf->file);
    free(dbf);
    return NULL;
}

bool dbf_look(const char *path, struct dbf_facts *out)
{
    struct dbf *dbf = dbf_open(path);

    if (!dbf)
        return false;
    *out = (struct dbf_facts){
        .language = dbf->head[29],
        .n_records = dbf->n_records,
        .is_cut = dbf->head_bytes + dbf->n_records * dbf->record_bytes > dbf->size};
    VSIFCloseL(dbf->file);
    free(dbf);
    return true;
}

void dbf_evidence(const char *path, struct evidence *evidence)
{
    struct dbf *dbf = dbf_open(path);

    if (!dbf)
        return;
    add_names(dbf, evidence);
    add_records(dbf, evidence);
    VSIFCloseL(dbf->file);
    free(dbf);
}
