#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The layers of the side-by-side benchmark in a database, two servers on it, and the
# variables that the benchmark wants to know about them.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../../.." && pwd)
PORT=18340
INNOMAP=$ROOT/build/bench/innomap
POINTS=100k
TABLES="admin roads parks_20k incubators_10k incubators_100k incubators_1m"

help() {
    cat <<EOF
Usage: tests/bench/peers/prepare.sh DATA WORK [OPTION]...

Imports the layers of DATA (admin, roads, parks_20k and incubators_10k, _100k, _1m as
newline-delimited GeoJSON) into WORK/bench.db, unless it is there already; starts one
server without a cache and one with it on 127.0.0.1; prints the variables OURS_* of the
benchmark, to be evaluated by the shell:

  eval "\$(tests/bench/peers/prepare.sh DATA WORK)" && .../run.sh raster; kill \$OURS_PIDS

  --innomap FILE  the program (default build/bench/innomap)
  --points SIZE   which incubators the map shows: 10k, 100k (default), 1m
  --port N        the server without a cache; the other one takes N+1 (default $PORT)
  --no-serve      import only
  --help          this text
EOF
}

refuse() {
    echo "prepare.sh: $*; see --help" >&2
    exit 2
}

serve=yes
folders=()
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) help && exit 0 ;;
    --innomap | --points | --port)
        [ $# -gt 1 ] || refuse "$1 wants a value"
        case $1 in
        --innomap) INNOMAP=$2 ;;
        --points) POINTS=$2 ;;
        --port) PORT=$2 ;;
        esac
        shift
        ;;
    --no-serve) serve=no ;;
    -*) refuse "unknown option '$1'" ;;
    *) folders+=("$1") ;;
    esac
    shift
done
[ ${#folders[@]} = 2 ] || refuse "two folders are wanted: DATA and WORK"
[[ $POINTS =~ ^(10k|100k|1m)$ ]] || refuse "--points is 10k, 100k or 1m, not '$POINTS'"
[ -x "$INNOMAP" ] || refuse "no program '$INNOMAP'; build it: cmake --preset bench && cmake --build --preset bench"
DATA=${folders[0]}
mkdir -p "${folders[1]}"
WORK=$(cd "${folders[1]}" && pwd)
DB=$WORK/bench.db

# The three sizes of incubators share one folder: @SIZE@ stands for theirs.
definition() { # TABLE FILE
    sed "s/@SIZE@/${1##*_}/" "$HERE/${1%_1*}/$2" >"$WORK/$1.$2"
}

for table in $TABLES; do
    definition "$table" layer.json
    definition "$table" style.json
    [ -e "$WORK/$table.done" ] && continue
    [ -s "$DATA/$table.geojsonl" ] || refuse "no file '$DATA/$table.geojsonl'"
    "$INNOMAP" import "$DATA/$table.geojsonl" --layer "$table" --db "$DB" --lang en \
        --definition "$WORK/$table.layer.json" --style "$WORK/$table.style.json" >&2
    touch "$WORK/$table.done"
done
[ "$serve" = yes ] || exit 0

pids=()
start() { # PORT OPTION...
    local port=$1 try
    shift
    setsid "$INNOMAP" serve --db "$DB" --port "$port" --no-viewer "$@" \
        >"$WORK/serve-$port.log" 2>&1 </dev/null &
    pids+=($!)
    for try in $(seq 600); do
        curl -fs -o /dev/null "http://127.0.0.1:$port/readyz" && return
        kill -0 "${pids[-1]}" 2>/dev/null || break
        sleep 0.1
    done
    echo "prepare.sh: no answer on port $port (asked $try times):" >&2
    tail -5 "$WORK/serve-$port.log" >&2
    kill "${pids[@]}" 2>/dev/null
    exit 3
}
start "$PORT" --no-cache
start $((PORT + 1))

MAP=admin,roads,parks_20k,incubators_$POINTS
COLD=http://127.0.0.1:$PORT
WARM=http://127.0.0.1:$((PORT + 1))
import="rm -f @OUT@; $INNOMAP import @FILE@ --layer @LAYER@ --db @OUT@"
import="$import --definition $WORK/@LAYER@.layer.json --style $WORK/@LAYER@.style.json"
cat <<EOF
export OURS_PIDS='${pids[*]}'
export OURS_RASTER='$COLD/tiles/$MAP/{z}/{x}/{y}.png'
export OURS_MVT='$COLD/tiles/$MAP/{z}/{x}/{y}.mvt'
export OURS_CACHED_PNG='$WARM/tiles/$MAP/{z}/{x}/{y}.png'
export OURS_CACHED_MVT='$WARM/tiles/$MAP/{z}/{x}/{y}.mvt'
export OURS_NEAREST='$COLD/api/nearest?layer=incubators_@SIZE@&lon={lon}&lat={lat}&k=10'
export OURS_RADIUS='$COLD/api/within?layer=incubators_@SIZE@&lon={lon}&lat={lat}&radius_km=2&limit=100'
export OURS_BBOX='$COLD/api/within?layer=incubators_@SIZE@&bbox={west},{south},{east},{north}&limit=1000'
export OURS_POLYGON='$COLD/api/within?layer=incubators_@SIZE@&in=parks_20k:{id}&limit=1000'
export OURS_FEATURES='$COLD/ogc/collections/incubators_100k/items?limit=1000'
export OURS_IMPORT='$import'
EOF
