/* SPDX-License-Identifier: Apache-2.0 */
/* Files reach no network; addresses reach their own host only, and keep their secrets.
 */
#include "rows.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* ---- a loopback double ---- */

static int listen_on(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* Did anybody come? */
static bool was_touched(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, 0) > 0;
}

/* What is answered to a request whose line holds `path`; %d in it is the port. */
struct answer {
    const char *path;
    const char *type;
    const char *body;
};

static void answer_one(int client, int port, const struct answer *answers)
{
    static char request[16384], body[16384], head[512];
    ssize_t n = read(client, request, sizeof request - 1);
    const struct answer *a = answers;

    request[n > 0 ? n : 0] = '\0';
    request[strcspn(request, "\r\n")] = '\0';
    while (a->path && !strstr(request, a->path))
        a++;
    snprintf(body, sizeof body, "%s", a->path ? "" : "not found");
    for (const char *p = a->path ? a->body : ""; *p; p++) {
        char piece[16];

        snprintf(piece, sizeof piece, "%c", *p);
        if (strncmp(p, "@PORT", 5) == 0) {
            snprintf(piece, sizeof piece, "%d", port);
            p += 4;
        }
        strncat(body, piece, sizeof body - strlen(body) - 1);
    }
    snprintf(head, sizeof head,
             "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: "
             "close\r\n\r\n",
             a->path ? "200 OK" : "404 Not Found", a->path ? a->type : "text/plain",
             strlen(body));
    if (write(client, head, strlen(head)) < 0 || write(client, body, strlen(body)) < 0)
        _exit(1);
}

static pid_t serve(int fd, int port, const struct answer *answers)
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        for (;;) {
            int client = accept(fd, NULL, NULL);

            if (client < 0)
                _exit(1);
            answer_one(client, port, answers);
            close(client);
        }
    close(fd);
    return child;
}

static void stop(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* ---- files ---- */

/* Open and read to the end, whatever comes of it. */
static void read_all(const char *path, const char *layer)
{
    struct source_options options = {.layer = layer};
    struct source *source = NULL;
    struct source_row row;
    struct im_error err = {0};
    bool more = true;

    if (source_open(path, &options, &source, &err) == IM_OK)
        while (source_next(source, &row, &more, &err) == IM_OK && more)
            ;
    source_close(source);
}

static const char *with_port(const char *name, const char *text, int port)
{
    static char out[8192];
    size_t n = 0;

    for (const char *p = text; *p; p++)
        if (strncmp(p, "@PORT", 5) == 0) {
            n += (size_t)snprintf(out + n, sizeof out - n, "%d", port);
            p += 4;
        } else {
            out[n++] = *p;
        }
    return scratch_write(name, out, n);
}

TEST(nothing_in_a_file_is_fetched)
{
    static const char *const FILES[][2] = {
        {"entity.gml", "<!DOCTYPE a [<!ENTITY x SYSTEM \"http://127.0.0.1:@PORT/x\">]>"
                       "<a xmlns:gml=\"http://www.opengis.net/gml\">&x;</a>"},
        {"dtd.kml", "<!DOCTYPE kml SYSTEM \"http://127.0.0.1:@PORT/k.dtd\">"
                    "<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Placemark/></kml>"},
        {"links.kml",
         "<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document><NetworkLink><Link>"
         "<href>http://127.0.0.1:@PORT/a.kml</href></Link></NetworkLink><Placemark>"
         "<styleUrl>http://127.0.0.1:@PORT/s.kml#a</styleUrl><description>&lt;img "
         "src='http://127.0.0.1:@PORT/i.png'&gt;</"
         "description><Point><coordinates>121,31"
         "</coordinates></Point></Placemark></Document></kml>"},
        {"schema.gml",
         "<wfs:FeatureCollection xmlns:wfs=\"http://www.opengis.net/wfs\" "
         "xmlns:gml=\"http://www.opengis.net/gml\" xmlns:t=\"http://t\" "
         "xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
         "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
         "xsi:schemaLocation=\"http://t http://127.0.0.1:@PORT/a?request="
         "DescribeFeatureType\"><gml:featureMember><t:a fid=\"1\"><t:n>x</t:n>"
         "<t:g "
         "xlink:href=\"http://127.0.0.1:@PORT/g.gml#p\"/></t:a></gml:featureMember>"
         "</wfs:FeatureCollection>"},
        {"remote.vrt",
         "<OGRVRTDataSource><OGRVRTLayer name=\"a\"><SrcDataSource>/vsicurl/"
         "http://127.0.0.1:@PORT/a.csv</SrcDataSource></OGRVRTLayer>"
         "</OGRVRTDataSource>"},
        {"seamless.tab",
         "!table\n!version 300\nDefinition Table\n  Type NATIVE\n  Fields 1\n"
         "  Table Char(80)\nbegin_metadata\n\"\\IsSeamless\" = \"TRUE\"\n"
         "end_metadata\n"},
        {"service.xml", "<OGRWFSDataSource><URL>http://127.0.0.1:@PORT/wfs</URL>"
                        "</OGRWFSDataSource>"},
        {"tiles.json", "{\"tiles\":[\"http://127.0.0.1:@PORT/{z}/{x}/{y}\"]}"},
    };
    int port, fd = listen_on(&port);

    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        read_all(with_port(FILES[i][0], FILES[i][1], port), NULL);
        if (was_touched(fd))
            fail_msg("%s reached the network", FILES[i][0]);
    }
    char path[128];
    snprintf(path, sizeof path, "/vsicurl/http://127.0.0.1:%d/a.csv", port);
    read_all(path, NULL);
    snprintf(path, sizeof path, "http://127.0.0.1:%d/a.geojson", port);
    read_all(path, NULL);
    snprintf(path, sizeof path, "/vsizip//vsicurl/http://127.0.0.1:%d/a.zip/a.csv",
             port);
    read_all(path, NULL);
    assert_false(was_touched(fd));
    close(fd);
}

TEST(a_database_whose_tables_read_other_files_is_refused)
{
    static const char SQL[] =
        "CREATE TABLE t(a); INSERT INTO t VALUES('x');"
        "CREATE VIEW v AS SELECT ogr_geocode('x') AS g, a FROM t;"
        "PRAGMA writable_schema=1; INSERT INTO sqlite_master VALUES('table','e','e',0,"
        "'CREATE VIRTUAL TABLE e USING VirtualText(''/etc/passwd'',''UTF-8'')');";
    const char *path = scratch_path("evil.sqlite");
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, SQL, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    rows_refused(path, IM_EDATA, "a virtual table that reads other files");
}

/* ---- addresses ---- */

static const struct answer FEATURES[] = {
    {"/items", "application/geo+json",
     "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"id\":\"1\","
     "\"properties\":{\"名称\":\"张江\"},\"geometry\":{\"type\":\"Point\","
     "\"coordinates\":"
     "[121.5,31.2]}}],\"links\":[]}"},
    {"/collections/a", "application/json",
     "{\"id\":\"a\",\"links\":[{\"rel\":\"items\",\"type\":\"application/geo+json\","
     "\"href\":\"http://127.0.0.1:@PORT/api/collections/a/items\"}]}"},
    {"/collections", "application/json",
     "{\"collections\":[{\"id\":\"a\",\"title\":\"A\",\"links\":[{\"rel\":\"items\","
     "\"type\":"
     "\"application/geo+json\",\"href\":\"http://127.0.0.1:@PORT/api/collections/a/"
     "items\"}]"
     "}]}"},
    {"/api", "application/json",
     "{\"links\":[{\"rel\":\"data\",\"type\":\"application/json\",\"href\":"
     "\"http://127.0.0.1:@PORT/api/collections\"}]}"},
    {NULL, NULL, NULL}};

TEST(features_come_from_an_ogc_api)
{
    int port, fd = listen_on(&port);
    pid_t child = serve(fd, port, FEATURES);
    char address[128], shown[128];
    struct source_row row;

    snprintf(address, sizeof address, "OAPIF:http://127.0.0.1:%d/api?token=Geheim",
             port);
    snprintf(shown, sizeof shown, "OAPIF:http://127.0.0.1:%d/api", port);
    struct source *source = rows_open(address);
    assert_string_equal(source_name(source), shown);
    assert_int_equal(source_size(source), 0);
    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "名称"), "张江");
    assert_true(row.geom.kind == GEOM_POINT && row.geom.lonlat[0] == 121.5);
    assert_false(rows_next(source, &row));
    source_close(source);
    stop(child);
}

static const struct answer WFS[] = {
    {"GetCapabilities", "text/xml",
     "<wfs:WFS_Capabilities version=\"1.1.0\" xmlns:wfs=\"http://www.opengis.net/wfs\" "
     "xmlns:ows=\"http://www.opengis.net/ows\"><ows:OperationsMetadata><ows:Operation "
     "name=\"GetFeature\"><ows:DCP><ows:HTTP><ows:Get/></ows:HTTP></ows:DCP>"
     "</ows:Operation></ows:OperationsMetadata><wfs:FeatureTypeList><wfs:FeatureType>"
     "<wfs:Name>t:parks</wfs:Name><wfs:Title>parks</wfs:Title><wfs:DefaultSRS>"
     "urn:ogc:def:crs:EPSG::4490</wfs:DefaultSRS></wfs:FeatureType>"
     "</wfs:FeatureTypeList></wfs:WFS_Capabilities>"},
    {"DescribeFeatureType", "text/xml",
     "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:t=\"http://t\" "
     "xmlns:gml=\"http://www.opengis.net/gml\" targetNamespace=\"http://t\">"
     "<xs:element name=\"parks\" type=\"t:parksType\" "
     "substitutionGroup=\"gml:_Feature\"/><xs:complexType name=\"parksType\">"
     "<xs:complexContent><xs:extension base=\"gml:AbstractFeatureType\"><xs:sequence>"
     "<xs:element name=\"name_zh\" type=\"xs:string\"/><xs:element name=\"geom\" "
     "type=\"gml:PointPropertyType\"/></xs:sequence></xs:extension>"
     "</xs:complexContent></xs:complexType></xs:schema>"},
    {"GetFeature", "text/xml",
     "<wfs:FeatureCollection xmlns:wfs=\"http://www.opengis.net/wfs\" "
     "xmlns:gml=\"http://www.opengis.net/gml\" xmlns:t=\"http://t\" "
     "numberOfFeatures=\"1\"><gml:featureMember><t:parks gml:id=\"parks.1\">"
     "<t:name_zh>张江</t:name_zh><t:geom><gml:Point "
     "srsName=\"urn:ogc:def:crs:EPSG::4490\"><gml:pos>31.2 121.5</gml:pos></gml:Point>"
     "</t:geom></t:parks></gml:featureMember></wfs:FeatureCollection>"},
    {NULL, NULL, NULL}};

TEST(features_come_from_a_wfs_with_longitude_first)
{
    int port, fd = listen_on(&port);
    pid_t child = serve(fd, port, WFS);
    char address[128];
    struct source_row row;

    snprintf(address, sizeof address, "WFS:http://127.0.0.1:%d/wfs", port);
    struct source *source = rows_open(address);
    assert_string_equal(source_name(source), address);
    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "name_zh"), "张江");
    assert_true(row.geom.kind == GEOM_POINT && row.geom.lonlat[0] == 121.5);
    assert_false(rows_next(source, &row));
    source_close(source);
    stop(child);
}

/* The next page is said to be at another port, where nothing of ours may arrive. */
TEST(a_service_that_sends_elsewhere_is_not_followed)
{
    int port, other_port, fd = listen_on(&port), other = listen_on(&other_port);
    char page[512], address[128];
    struct source *source = NULL;
    struct source_row row;
    struct im_error err = {0};
    bool more = true;

    snprintf(
        page, sizeof page,
        "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\","
        "\"properties\":{\"a\":1},\"geometry\":null}],\"links\":[{\"rel\":\"next\","
        "\"type\":\"application/geo+json\",\"href\":\"http://127.0.0.1:%d/next\"}]}",
        other_port);
    const struct answer answers[] = {{"/items", "application/geo+json", page},
                                     FEATURES[1],
                                     FEATURES[2],
                                     FEATURES[3],
                                     {NULL, NULL, NULL}};
    pid_t child = serve(fd, port, answers);

    snprintf(address, sizeof address, "OAPIF:http://127.0.0.1:%d/api", port);
    assert_int_equal(source_open(address, NULL, &source, &err), IM_OK);
    assert_true(rows_next(source, &row));
    assert_int_equal(source_next(source, &row, &more, &err), IM_EDATA);
    assert_non_null(strstr(err.msg, "another host"));
    assert_false(was_touched(other));
    source_close(source);
    stop(child);
    close(other);
}

static void assert_secret(const char *address, enum im_code code)
{
    struct source *source = NULL;
    struct im_error err = {0};

    assert_int_equal(source_open(address, NULL, &source, &err), code);
    assert_null(source);
    assert_true(err.msg[0] && err.msg_zh[0]);
    assert_null(strstr(err.msg, "Geheim"));
    assert_null(strstr(err.msg_zh, "Geheim"));
}

TEST(a_refused_connection_tells_no_secret)
{
    int port;

    close(listen_on(&port)); /* a port where nobody listens any more */
    char address[256];
    snprintf(address, sizeof address,
             "PG:host=127.0.0.1 port=%d dbname=gis user=a password='Geheim \\' x'",
             port);
    assert_secret(address, IM_EIO);
    snprintf(address, sizeof address, "PG:host=127.0.0.1 port=%d password=Geheim",
             port);
    assert_secret(address, IM_EIO);
    snprintf(address, sizeof address, "WFS:http://u:Geheim@127.0.0.1:%d/wfs", port);
    assert_secret(address, IM_EIO);
    snprintf(address, sizeof address, "OAPIF:http://127.0.0.1:%d/api?key=Geheim", port);
    assert_secret(address, IM_EIO);
    /* not understood: nothing of it is repeated */
    assert_secret("PG:host=x Geheim", IM_EARG);
    assert_secret("PG:host=x passwort=Geheim", IM_EARG);
    assert_secret("PG:password='Geheim", IM_EARG);
    assert_secret("PG:host=x options='Geheim'", IM_EARG);
    assert_secret("WFS:file:///etc/Geheim", IM_EARG);
    assert_secret("OAPIF:ftp://h/Geheim", IM_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_in_a_file_is_fetched),
        cmocka_unit_test(a_database_whose_tables_read_other_files_is_refused),
        cmocka_unit_test(features_come_from_an_ogc_api),
        cmocka_unit_test(features_come_from_a_wfs_with_longitude_first),
        cmocka_unit_test(a_service_that_sends_elsewhere_is_not_followed),
        cmocka_unit_test(a_refused_connection_tells_no_secret),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
