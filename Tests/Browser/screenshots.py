# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""Takes the pictures of the showcase anew that the README shows. It needs pngquant, and what run.sh installs.

    Tests/Browser/.venv/bin/python Tests/Browser/screenshots.py
"""

import pathlib
import shutil
import subprocess
import time

from chromium import Chromium
from demo import Demo
from showcase import Showcase

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Demo/Screenshots"
SHAPES = {
    "showcase-light": {"width": 1240, "height": 930},
    "showcase-dark": {"width": 1240, "height": 930, "dark": True},
    "showcase-phone": {"width": 360, "height": 760, "mobile": True, "scale": 2, "dark": True},
}
# What is done, and for how many seconds it is left so: the picture is of the last minute, and this is what it shows.
STORY = [
    (Showcase.sets_load, 5),
    (lambda each: each.presses("block-websocket"), 6),
    (lambda each: each.presses("block-sse"), 6),
    (Showcase.heals, 7),
    (Showcase.cuts, 5),
    (lambda each: each.presses("slow"), 5),
    (lambda each: each.presses("slow"), 4),
    (lambda each: each.presses("stall"), 7),
    (Showcase.heals, 6),
    (lambda each: each.presses("block-websocket"), 3),
]


def main():
    FOLDER.mkdir(exist_ok=True)
    demo = Demo()
    demo.start()
    browser = Chromium(shutil.which("chromium") or "/usr/bin/chromium")
    try:
        for name, shape in SHAPES.items():
            showcase = Showcase(browser, demo, **shape)
            for act, seconds in STORY:
                act(showcase)
                time.sleep(seconds)
            showcase.has_lost_nothing()
            picture = FOLDER / f"{name}.png"
            showcase.page.screenshot(picture)
            showcase.close()
            subprocess.run(["pngquant", "--force", "--strip", "--output", picture, "256", picture], check=True)
            print(picture)
    finally:
        browser.close()
        demo.stop()


if __name__ == "__main__":
    main()
