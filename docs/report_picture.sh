#!/bin/sh
# Makes docs/report.png: the report of a made file of sales, as Chromium shows it.
#
#   docs/report_picture.sh PATH-OF-nigh [FILE.png]
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: report_picture.sh PATH-OF-nigh [FILE.png]" >&2; exit 2; }
output=${2:-$HERE/report.png}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - "$folder/sales.csv" <<'PYTHON'
import csv
import datetime
import random
import sys

random = random.Random(3)
with open(sys.argv[1], "w", newline="") as file:
    out = csv.writer(file)
    out.writerow(["date", "region", "category", "price", "quantity", "total"])
    for row in range(4000):
        day = datetime.date(2022, 1, 1) + datetime.timedelta(days=row // 4)
        region = random.choice(["north", "south", "east", "west"])
        category = random.choice(["electronics", "food", "toys"])
        price, quantity = round(random.uniform(5, 50), 2), random.randint(1, 9)
        if (region, category) == ("north", "electronics") and day >= datetime.date(2023, 8, 1):
            quantity = max(1, quantity // 4)
        out.writerow([day, region, category, price, quantity, round(price * quantity, 2)])
PYTHON
"$1" report "$folder/sales.csv" --question "why did total fall in the north" --out "$folder/a.html"
chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --user-data-dir="$folder/chromium" \
    --window-size=1000,1300 --screenshot="$output" "file://$folder/a.html" >/dev/null 2>&1
echo "$output"
