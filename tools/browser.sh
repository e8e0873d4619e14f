#!/usr/bin/env bash
# Make sure of a Chromium and of fonts with Chinese characters: Debian's packages, installed when missing and allowed.
# Where that cannot be, the browser tests say so: skipped with the reason, or failed where CI=true.
set -u
chromium=$(command -v chromium || command -v chromium-browser || true)
if [ -n "$chromium" ] && fc-list :lang=zh 2>/dev/null | grep -q .; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "[test] installing chromium and fonts-noto-cjk"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null
else
  echo "[test] no Chromium with Chinese fonts here; install the packages chromium and fonts-noto-cjk for the browser tests"
fi
exit 0
