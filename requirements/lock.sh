#!/usr/bin/env bash
# Pin every requirements file with hashes, and without any index address.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=(.venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header)
"${uv[@]}" --universal --python-version 3.11 requirements/bootstrap.in -o requirements/bootstrap.txt
"${uv[@]}" --universal --python-version 3.11 requirements/dev.in -o requirements/dev.txt
for name in local services candle_files; do
  "${uv[@]}" --universal --python-version 3.11 -c requirements/dev.txt "requirements/$name.in" -o "requirements/$name.txt"
done
lambda=(--python-version 3.13 --python-platform x86_64-manylinux_2_28 -c requirements/dev.txt)
for name in core exchange graphql analytics; do
  "${uv[@]}" "${lambda[@]}" "layers/requirements/$name.in" -o "layers/requirements/$name.txt"
done
for name in webhooks notify; do
  "${uv[@]}" "${lambda[@]}" --no-deps "layers/requirements/$name.in" -o "layers/requirements/$name.txt"
done
