#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compares a base map with a reference GeoPackage: area in per cent, Hausdorff distance
# in km, shapes paired by code or by overlap. For people; no test runs it.
#
#   tests/layers/basemap_compare.sh REFERENCE.gpkg basemap.gpkg
set -eu

if [ $# -ne 2 ] || [ ! -r "$1" ] || [ ! -r "$2" ]; then
    echo "usage: $0 REFERENCE.gpkg BASEMAP.gpkg" >&2
    exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
db=$work/compare.sqlite

# Metres, EPSG:4549 (3 degree zone at 120 E): true to 0.2 % in the whole box.
take() { # FILE LAYER NAME [OPTION...]
    file=$1 layer=$2 name=$3
    shift 3
    if [ -e "$db" ]; then set -- "$@" -update; else set -- "$@" -dsco SPATIALITE=YES; fi
    ogr2ogr -f SQLite "$@" -t_srs EPSG:4549 \
        -nln "$name" -nlt PROMOTE_TO_MULTI -lco GEOMETRY_NAME=geom "$db" "$file" "$layer"
}
take "$1" admin_echarts49 r_admin
take "$1" province_dcw r_land
take "$1" lake r_lake
take "$1" river_area r_river
take "$1" sea r_sea
take "$1" coastline r_coast
take "$2" admin_areas n_admin
take "$2" land n_land
take "$2" lakes n_lake
take "$2" river_areas n_river
take "$2" sea n_sea -clipsrc 114.5 26.8 123.5 35.6 # the reference ends there
take "$2" coastline n_coast

show() { # TITLE SQL
    echo
    echo "== $1"
    ogr2ogr -f CSV /vsistdout/ "$db" -dialect SQLite -sql "$2" | column -s, -t
}
columns="round(st_area(r.geom) / 1e6, 1) AS ref_km2, round(st_area(n.geom) / 1e6, 1) AS km2,
    round(100 * (st_area(n.geom) / st_area(r.geom) - 1), 3) AS percent,
    round(HausdorffDistance(st_boundary(r.geom), st_boundary(n.geom)) / 1e3, 3) AS hausdorff_km,
    round(100 * st_area(st_symdifference(r.geom, n.geom)) / st_area(r.geom), 3) AS differs_percent"

show "admin_areas" "SELECT r.adcode, r.name_zh, $columns FROM r_admin r
    LEFT JOIN n_admin n ON n.adcode = r.adcode ORDER BY r.adcode"
# land is larger by what was reclaimed since the reference's coast: nothing may be lost
show "land" "SELECT r.adcode, r.name_zh, $columns,
    round(st_area(st_difference(r.geom, n.geom)) / 1e6, 1) AS lost_km2 FROM r_land r
    LEFT JOIN n_land n ON n.adcode = r.adcode ORDER BY r.adcode"
show "lakes" "SELECT coalesce(r.name_zh, '') AS name, n.name_zh, $columns FROM r_lake r
    LEFT JOIN n_lake n ON st_intersects(r.geom, n.geom) ORDER BY st_area(r.geom) DESC"
# the reference counts Poyang Lake as Yangtze
show "river_areas" "SELECT r.name_zh, $columns FROM r_river r LEFT JOIN
    (SELECT name_zh, st_union(geom) AS geom FROM
        (SELECT name_zh, geom FROM n_river UNION ALL
         SELECT '长江', geom FROM n_lake WHERE name_zh = '鄱阳湖') GROUP BY name_zh) n
    ON n.name_zh = r.name_zh"
show "sea" "SELECT $columns FROM r_sea r, n_sea n"
