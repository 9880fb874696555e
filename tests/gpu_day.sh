#!/usr/bin/env bash
# Everything that only a GPU can tell, in one command: bash tests/gpu_day.sh [SUMMARY_FILE]
# Without a GPU it says so and exits 3; if a check fails, it goes on with the others and exits 1.
set -uo pipefail
cd "$(dirname "$0")/.."
summary=$(realpath -m "${1:-runs/gpu_day/summary.txt}")
logs=$(dirname "$summary")
seconds_for_all=460 # under 8 minutes

if ! command -v nvidia-smi >/dev/null || ! nvidia-smi -L 2>/dev/null | grep -q GPU; then
    echo "gpu_day: there is no GPU here (nvidia-smi lists none); run it on a machine that has one" >&2
    exit 3
fi

export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" # for the tests that start Python anew, from other folders
export TINYCONV_REQUIRE_GPU=1
mkdir -p "$logs"
SECONDS=0 failed=0
lines=()

# check NAME MOST_SECONDS COMMAND...: run it, keep its output, note how it ended
check() {
    local name=$1 most=$2 left=$((seconds_for_all - SECONDS)) begin=$SECONDS status
    shift 2
    if ((left < 5)); then
        failed=1 lines+=("$name: NOT RUN, the time is used up")
        return
    fi
    echo "=== $name" >&2
    timeout "$((most < left ? most : left))" "$@" >"$logs/$name.log" 2>&1
    status=$?
    if ((status == 0)); then
        lines+=("$name: passed in $((SECONDS - begin)) s; $(tail -n 1 "$logs/$name.log")")
    else
        failed=1
        lines+=("$name: FAILED ($( ((status == 124)) && echo "out of time" || echo "status $status")) after $((SECONDS - begin)) s")
        lines+=("$(tail -n 5 "$logs/$name.log" | sed 's/^/    /')")
    fi
}

python=${PYTHON:-python3}
check install 150 "$python" -m pip install --quiet -e ".[cupy,test]"
check calibration 60 "$python" -m pytest tests/strict_device/test_calibrate.py
check kernels 120 "$python" -m pytest -n 4 tests/cuda
check suite 240 "$python" -m pytest -n 8 -k cuda tests --ignore=tests/cuda --ignore=tests/strict_device/test_calibrate.py
check benchmark 150 "$python" tests/benchmarks/bench_gpu.py --repeats 3

{
    echo "GPU day, $(date -u +%F): $(git rev-parse --short HEAD 2>/dev/null || echo 'no git')"
    nvidia-smi --query-gpu=name,driver_version --format=csv,noheader
    "$python" -c 'import torch; print("torch", torch.__version__)' 2>/dev/null || echo "torch: not installed, no ratios"
    printf '%s\n' "${lines[@]}"
    grep -E '^(\||- )' "$logs/benchmark.log" 2>/dev/null
    echo "$SECONDS s in all; logs in $logs"
} | head -n 60 >"$summary"
cat "$summary"
exit "$failed"
