#!/usr/bin/env python3
"""drawn_files.py CNNC REPOSITORY: what `cnnc draw` writes: every network of the examples as SVG and as a page, well-formed,
whole, without references to other files, the same bytes each time; and what it refuses."""
import html.parser
import json
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

SVG = "{http://www.w3.org/2000/svg}"
failures = 0


def expect(right, what):
    global failures
    if not right:
        failures += 1
        print("FAILED:", what)


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)


class Page(html.parser.HTMLParser):
    """Tags are closed as they were opened; collects attributes and what may load something."""
    VOID = {"meta", "input", "link", "img", "br", "hr"}

    def __init__(self):
        super().__init__()
        self.open, self.paths, self.references, self.balanced = [], [], [], True

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)
        self.handle_startendtag(tag, attributes)

    def handle_startendtag(self, tag, attributes):
        for name, value in attributes:
            if name == "data-path":
                self.paths.append(value)
            if name in ("src", "href", "xlink:href", "data", "action"):
                self.references.append(value)

    def handle_endtag(self, tag):
        self.balanced = self.balanced and bool(self.open) and self.open.pop() == tag


def titles(tree):
    return [title.text.split("\n")[0] for group in tree.iter(SVG + "g") for title in group.findall(SVG + "title")]


def check_network(cnnc, source, network, folder):
    paths = {layer["path"] for layer in network["layers"]}
    name = network["name"]

    def draw(file, *options, cwd):
        made = run(cnnc, "draw", source, "--network", name, "-o", file, *options, cwd=cwd)
        expect(made.returncode == 0, f"{name}: {made.stdout.decode()}")
        return (cwd / file).read_bytes()

    other = folder / "other"
    other.mkdir(exist_ok=True)
    svg = draw("a.svg", "--depth", "1000", cwd=folder)
    expect(svg == draw("b.svg", "--depth", "1000", cwd=other), f"{name}: two SVG files differ")
    tree = ElementTree.fromstring(svg)
    expect(tree.tag == SVG + "svg" and tree.find(SVG + "title").text == name, f"{name}: title")
    expect(tree.get("role") == "img" and tree.find(SVG + "desc").text, f"{name}: not accessible")
    missing = paths - set(titles(tree))
    expect(not missing, f"{name}: not in the SVG file: {sorted(missing)[:5]}")
    folded = ElementTree.fromstring(draw("a.svg", "--depth", "0", cwd=folder))
    expect(len(titles(folded)) <= len(titles(tree)), f"{name}: --depth 0 draws more than --depth 1000")

    page = draw("a.html", cwd=folder)
    expect(page == draw("b.html", cwd=other), f"{name}: two pages differ")
    text = page.decode()
    parser = Page()
    parser.feed(text)
    expect(parser.balanced and not parser.open, f"{name}: the page's tags are not closed as they were opened")
    expect(not parser.references and "url(" not in text.replace("url(#arrow)", "") and "@import" not in text and
           text.count("://") == text.count("http://www.w3.org/2000/svg"), f"{name}: the page loads something")
    missing = paths - set(parser.paths)
    expect(not missing, f"{name}: not in the page: {sorted(missing)[:5]}")
    ElementTree.fromstring(text[text.index("<svg"):text.index("</svg>") + 6])


def check_refusals(cnnc, repository, folder):
    resnet, lenet = repository / "examples/zoo/resnet.cnn", repository / "examples/lenet/lenet.cnn"
    wrong = run(cnnc, "draw", lenet, "-o", "lenet.png", cwd=folder)
    expect(wrong.returncode == 2 and b".svg" in wrong.stdout, "a name ending in .png")
    several = run(cnnc, "draw", resnet, "-o", "one.html", cwd=folder)
    expect(several.returncode == 1 and b"--network" in several.stdout and not (folder / "one.html").exists(),
           "several networks into one file")
    (folder / "blocked.html").mkdir()
    (folder / "blocked.html/full").touch()
    blocked = run(cnnc, "draw", lenet, "-o", "blocked.html", cwd=folder)
    expect(blocked.returncode == 1 and b"blocked.html" in blocked.stdout, "a file that cannot be written")
    all_of_them = folder / "all"
    all_of_them.mkdir()
    run(cnnc, "draw", repository / "examples/zoo/mobilenet_v3.cnn", cwd=all_of_them, check=True)
    expect(sorted(f.name for f in all_of_them.iterdir()) == ["mobilenetv3large.html", "mobilenetv3small.html"],
           "a page for each network")


def main():
    cnnc, repository = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        sources = sorted((repository / "examples").glob("*/*.cnn")) + [repository / "tests/drawing/branches.cnn"]
        expect(len(sources) >= 7, "examples are missing")
        for source in sources:
            listed = subprocess.run([cnnc, "summary", source, "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            expect(listed.returncode == 0, f"cnnc summary {source}")
            for network in json.loads(listed.stdout)["networks"]:
                check_network(cnnc, source, network, folder)
        check_refusals(cnnc, repository, folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
