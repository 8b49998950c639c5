"""Makes an animated PNG of a recording: animate.py FOLDER FILE.png

record.sh calls this. The folder holds times.json, a list of [file name, milliseconds it stood], as
record.mjs writes it. The picture runs for ever; a viewer that cannot show it moving shows the first
frame.
"""

import json
import pathlib
import sys

from PIL import Image

LARGEST = 1_500_000  # bytes


def main() -> None:
    folder, output = map(pathlib.Path, sys.argv[1:])
    times = json.loads((folder / "times.json").read_text())
    images = [Image.open(folder / name).convert("RGB") for name, _ in times]
    # One palette for all frames: a window has few colours, and a letter's edge needs no more.
    palette = images[len(images) // 2].quantize(255)
    frames = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    frames[0].save(
        output,
        save_all=True,
        append_images=frames[1:],
        duration=[stood for _, stood in times],
        loop=0,
        optimize=True,
    )
    size = output.stat().st_size
    print(
        f"{output}: {len(frames)} frames, {sum(stood for _, stood in times) / 1000:.0f} s, "
        f"{size / 1000:.0f} kB"
    )
    if size > LARGEST:
        sys.exit(f"animate.py: that is more than {LARGEST / 1000:.0f} kB")


main()
