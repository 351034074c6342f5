#!/usr/bin/env python3
"""browser.py CNNC REPOSITORY: opens drawn pages in headless Chromium and runs browser_check.js in them.

Exit status 77, which ctest shows as skipped, where there is no Chromium.
"""
import html
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CASES = [  # file, network, layers that the published network has
    ("examples/lenet/lenet.cnn", "LeNet", 12),
    ("examples/zoo/resnet.cnn", "ResNet50", 174),
    ("examples/zoo/densenet.cnn", "DenseNet121", 426),
    ("tests/drawing/branches.cnn", "Branches", 43),
]
# Before the page's script moves anything: what the compiler has drawn.
RECORD = """<template id="before"></template><script>
document.getElementById("before").textContent =
  [...document.querySelectorAll("svg [transform], path.wire, .frame, .band")].filter(e => e.getClientRects().length > 0)
    .map(e => ["transform", "d", "width", "height"].map(name => e.getAttribute(name)).join(";")).join("\\n");
</script>
"""


def run(chromium, page, folder):
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             f"--user-data-dir={folder / 'profile'}", "--window-size=1400,1000", "--virtual-time-budget=10000"]
    dom = subprocess.run([chromium, *flags, "--dump-dom", page.as_uri()], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, timeout=240, check=True).stdout.decode()
    return html.unescape(re.search(r"<title>(.*?)</title>", dom, re.DOTALL).group(1))


def main():
    cnnc, repository = sys.argv[1], pathlib.Path(sys.argv[2])
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        print("skipped: there is no chromium")
        return 77
    check = (repository / "tests/drawing/browser_check.js").read_text()
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for source, network, layers in CASES:
            page = folder / f"{network}.html"
            subprocess.run([cnnc, "draw", repository / source, "--network", network, "-o", page], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            text = page.read_text()
            assert text.count("<script>") == 1
            text = text.replace("<script>", RECORD + "<script>").replace("</body>", f"<script>\n{check}</script>\n</body>")
            page.write_text(text)
            verdict = run(chromium, page, folder)
            print(f"{network}: {verdict}")
            wrong += not verdict.startswith(f"passed: {layers} layers")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
