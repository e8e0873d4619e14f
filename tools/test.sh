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
  # Folders with few and long tests first, the many short ones of pages last: else one core ends long after the other.
  .venv/bin/python -m pytest -n "${TEST_PROCESSES:-2}" --dist loadfile --no-loadscope-reorder \
    tests/unit tests/browser tests/postgresql tests/project tests/service tests/http
  .venv/bin/python -m pytest tests/contract # alone: the small Milvus server in it starves beside another process
fi
printf '\n[test] all green in %d s; next: make run\n' $((SECONDS - started))
