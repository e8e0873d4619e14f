#!/usr/bin/env bash
# Format, lint, types and import directions: what needs no database and no model.
set -eu -o pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
step() { printf '\n[check] %s\n' "$*"; }
step "formatting";         $bin/ruff format --check .
step "lint";               $bin/ruff check .
step "types";              $bin/mypy
step "import directions";  $bin/lint-imports --no-cache
