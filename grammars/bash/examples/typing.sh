#!/bin/sh
NAME=world

greet() {
  if [ -n "$1" ]; then
    echo "hello $1"
}

count() {
  for file in *.txt; do
    lines=$(wc -l < "$file"
    echo "$file: $lines"
  done
}

greet "$NAME"
