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
take() { # FILE LAYER NAME
    if [ -e "$db" ]; then set -- "$@" -update; fi
    file=$1 layer=$2 name=$3
    shift 3
    ogr2ogr -f SQLite -dsco SPATIALITE=YES "$@" -t_srs EPSG:4549 \
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
take "$2" sea n_all_sea
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
show "land" "SELECT r.adcode, r.name_zh, $columns FROM r_land r
    LEFT JOIN n_land n ON n.adcode = r.adcode ORDER BY r.adcode"
show "lakes" "SELECT coalesce(r.name_zh, '') AS name, n.name_zh, $columns FROM r_lake r
    LEFT JOIN n_lake n ON st_intersects(r.geom, n.geom) ORDER BY st_area(r.geom) DESC"
show "river_areas" "SELECT r.name_zh, $columns FROM r_river r
    LEFT JOIN n_river n ON n.name_zh = r.name_zh"
# the reference ends at its working box
show "sea" "SELECT $columns FROM r_sea r, (SELECT st_intersection(a.geom,
    st_transform(setsrid(buildmbr(114.5, 26.8, 123.5, 35.6), 4326), 4549)) AS geom
    FROM n_all_sea a) n"
