#!/bin/sh
# Fetches llama.cpp's vocabularies and their test cases into the folder $1, once.
# They travel in the source distribution of llama-cpp-python; nothing of it is built.
set -eu
folder=$1
version=0.3.36
[ -e "$folder/complete-$version" ] && exit 0
rm -rf "$folder"
mkdir -p "$folder/download"
python3 -m pip download --quiet --no-deps --no-binary llama-cpp-python --dest "$folder/download" \
    "llama-cpp-python==$version"
tar -xzf "$folder/download/llama_cpp_python-$version.tar.gz" -C "$folder" --strip-components=4 \
    "llama_cpp_python-$version/vendor/llama.cpp/models"
rm -rf "$folder/download"
touch "$folder/complete-$version"
