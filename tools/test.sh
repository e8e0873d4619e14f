#!/usr/bin/env bash
# Everything that CI runs, in the order in which it is quickest to fail.
set -eu -o pipefail
cd "$(dirname "$0")/.."
started=$SECONDS
tools/check.sh
tools/browser.sh
printf '\n[test] tests\n'
if [ $# -gt 0 ]; then
  .venv/bin/python -m pytest "$@"
else
  # In the order of the folders: sorted by their number of tests, the files with few and long ones would come last, on one core.
  .venv/bin/python -m pytest -n "${TEST_PROCESSES:-2}" --dist loadfile --no-loadscope-reorder --ignore tests/contract
  .venv/bin/python -m pytest tests/contract # alone: the small Milvus server in it starves beside another process
fi
printf '\n[test] all green in %d s; next: make run\n' $((SECONDS - started))
