# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""Takes pictures anew: of the showcase those that the README shows, of the admin page those of the guide. It needs
pngquant, and what run.sh installs.

    Tests/Browser/.venv/bin/python Tests/Browser/screenshots.py [showcase] [admin]
"""

import pathlib
import shutil
import subprocess
import sys
import time

from admin import TOKEN, Admin
from chromium import Chromium
from crowd import Crowd
from demo import Demo
from showcase import Showcase

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "Demo/Screenshots"
GUIDE = ROOT / "Sources/Martlet/Martlet.docc/Resources"
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

ADMIN_SHAPES = {
    "admin-light": {"width": 1320, "height": 940},
    "admin-dark": {"width": 1320, "height": 820, "dark": True},
    "admin-phone": {"width": 360, "height": 760, "mobile": True, "scale": 2},
}
# What the pictures of the page show.
ADMIN_SECONDS = 300


def save(page, picture):
    picture.parent.mkdir(exist_ok=True)
    page.screenshot(picture)
    subprocess.run(["pngquant", "--force", "--strip", "--output", picture, "256", picture], check=True)
    print(picture)


def showcase_pictures(browser, demo):
    for name, shape in SHAPES.items():
        showcase = Showcase(browser, demo, **shape)
        for act, seconds in STORY:
            act(showcase)
            time.sleep(seconds)
        showcase.has_lost_nothing()
        save(showcase.page, FOLDER / f"{name}.png")
        showcase.close()


def admin_pictures(browser, demo):
    crowd = Crowd(browser, demo)
    try:
        admins = {name: Admin(browser, demo, **shape) for name, shape in ADMIN_SHAPES.items()}
        for admin in admins.values():
            admin.chooses("namespaces", "/tour")
        dark = admins["admin-dark"]
        for _ in range(ADMIN_SECONDS):
            time.sleep(1)
            # Takes what the browser has to say, for which it does not wait for ever.
            dark.page.evaluate("0")
        dark.opens(dark.sockets()[0])
        time.sleep(15)
        for name, admin in admins.items():
            save(admin.page, GUIDE / f"{name}.png")
            admin.close()
    finally:
        crowd.close()


def main():
    pictures = {"showcase": showcase_pictures, "admin": admin_pictures}
    demo = Demo(ADMIN_TOKEN=TOKEN)
    demo.start()
    browser = Chromium(shutil.which("chromium") or "/usr/bin/chromium")
    try:
        for name in sys.argv[1:] or pictures:
            pictures[name](browser, demo)
    finally:
        browser.close()
        demo.stop()


if __name__ == "__main__":
    main()
