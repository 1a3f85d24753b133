"""Makes the test collection: reports as the files in which bureaus publish them.

``python -m tests.bench.rendered --into DIR [--formats pdf,docx-word] [--reports yongan-2024]``
writes ``DIR/FORMAT/REPORT.suffix`` and the texts that each must be read as. What is there and
made from the same text by the same code is kept. ``--fixtures`` makes those of the
files that the tests use that are not there.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.bench import scans, scripts, webpages, wordfiles
from tests.bench.scripts import SHORT, Script, to_lists, write_originals

FIXTURES = Path(__file__).parents[1] / "cases" / "rendered"
DOCX = "docx:MS Word 2007 XML"
PACKAGES = {  # command -> Debian package
    "soffice": "libreoffice-writer-nogui",
    "pdftoppm": "poppler-utils",
    "fc-list": "fontconfig",
}
FONT_PACKAGE = "fonts-noto-cjk"
Job = tuple[Script, Path, Path]  # what, the file it is made from, the file to make


class Missing(Exception):
    """A tool that the collection is made with is not there or does not work."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way to render reports; ``source`` is the format whose files it starts from.

    ``limit`` is the share of wrong characters that its reading may have; None: only a step
    towards other formats.
    """

    suffix: str
    make: Callable[[Sequence[Job]], None]
    source: str = ""
    limit: float | None = None
    tools: tuple[str, ...] = ()
    titled: bool = False  # its title lines are one title
    restarts: bool = True  # False: what makes it loses the numbers of lists that start anew


def each(write: Callable[[Script, Path], object]) -> Callable[[Sequence[Job]], None]:
    """A format whose files are written one by one, from nothing but the script."""

    def make(jobs: Sequence[Job]) -> None:
        for script, _, to in jobs:
            write(script, to)

    return make


def page(template: Callable[[Script], bytes]) -> Callable[[Sequence[Job]], None]:
    """A web page."""
    return each(lambda script, to: to.write_bytes(template(script)))


def word(*, columns: bool = False) -> Callable[[Sequence[Job]], None]:
    """A DOCX file as Word stores it; its variant comes from the report's name."""

    def write(script: Script, to: Path) -> None:
        wordfiles.WordFile(script, variant_of(script.id), columns=columns).save(to)

    return each(write)


def variant_of(name: str) -> int:
    """A number from 0 to 17, the same for the same report."""
    return sha256(name.removesuffix(SHORT).encode()).digest()[0] % 18


def office(kind: str) -> Callable[[Sequence[Job]], None]:
    """Opened and saved by LibreOffice, all files of a format in one go."""

    def make(jobs: Sequence[Job]) -> None:
        with tempfile.TemporaryDirectory() as profile:
            command = ["soffice", "--headless", f"-env:UserInstallation=file://{profile}"]
            out = ["--outdir", str(jobs[0][2].parent), *(str(source) for _, source, _ in jobs)]
            done = subprocess.run(
                [*command, "--convert-to", kind, *out], capture_output=True, text=True
            )
        for _, source, to in jobs:
            if not to.exists():
                raise Missing(f"LibreOffice could not convert {source.name}: {done.stderr}")

    return make


def scanned(dpi: int) -> Callable[[Sequence[Job]], None]:
    """Pages as pictures."""

    def make(jobs: Sequence[Job]) -> None:
        for _, source, to in jobs:
            scans.scan(source, to, dpi)

    return make


def encoded(script: Script, to: Path) -> None:
    """The original in GB18030, its lines ended as on Windows."""
    text = script.original.read_text("utf-8")
    to.write_bytes("\r\n".join(text.split("\n")).encode("gb18030"))


OFFICE = ("soffice", "fc-list")
FORMATS: Mapping[str, Format] = {
    "txt-gb18030": Format(".txt", each(encoded), limit=0),
    "docx-word": Format(".docx", word(), limit=0),
    "docx-resaved": Format(".docx", office(DOCX), "docx-word", 0, OFFICE),
    "odf": Format(".fodt", each(wordfiles.write_odf)),
    "docx-writer": Format(".docx", office(DOCX), "odf", 0, OFFICE),
    "doc": Format(".doc", office("doc:MS Word 97"), "docx-resaved", 0, OFFICE, restarts=False),
    "odt": Format(".odt", office("odt"), "odf", 0, OFFICE),
    "html-portal": Format(".html", page(webpages.portal), limit=0),
    "html-disclosure": Format(".html", page(webpages.disclosure), limit=0),
    "html-tables": Format(".htm", page(webpages.tables), limit=0, titled=True),
    "pdf": Format(".pdf", office("pdf"), "docx-resaved", 0.002, OFFICE),
    "columns": Format(".docx", word(columns=True)),
    "pdf-columns": Format(".pdf", office("pdf"), "columns", 0.002, OFFICE),
    "scan-150": Format(".pdf", scanned(150), "pdf", 0.03, ("pdftoppm",)),
    "scan-200": Format(".pdf", scanned(200), "pdf", 0.03, ("pdftoppm",)),
}
OPENED = ("doc", "odt")  # formats that are read with LibreOffice's help
MEASURED = tuple(name for name, form in FORMATS.items() if form.limit is not None)
SMALL = {  # format -> reports of the tests' fixtures
    **dict.fromkeys(MEASURED, ("yongan-2024", "dev-06")),
    "doc": ("yongan-2024" + SHORT,),
    "odt": ("chengkou-2024" + SHORT,),
    "pdf": ("yongan-2024", "dev-12" + SHORT),
    "pdf-columns": ("sanmenxia-2025",),
    "scan-150": ("sanmenxia-2025" + SHORT,),
    "scan-200": ("chengkou-2024" + SHORT,),
}


@dataclass(frozen=True, slots=True)
class Rendering:
    """A file to be read, and the text that it must be read as."""

    format: str
    report: str
    file: Path
    original: Path


def renderings(chosen: Sequence[Script], into: Path, formats: Sequence[str]) -> list[Rendering]:
    """The files of a collection, format by format."""
    return [
        Rendering(name, s.id, path_of(into, name, s), titled(s) if form.titled else s.original)
        for name, form in ((name, FORMATS[name]) for name in formats)
        for s in chosen
        if fits(name, s)
    ]


def fits(name: str, script: Script) -> bool:
    """Whether a format can hold a report as it was written."""
    restarts = any(place and place.restart for place in to_lists(script.lines).places)
    return FORMATS[name].restarts or not restarts


def titled(script: Script) -> Path:
    """The original with its title in one line and nothing above it."""
    path = script.original.with_name(f"{script.id}.titled.txt")
    lines = [line.number + line.text for line in script.lines if line.kind != "front"]
    path.write_text("\n".join([script.title, *lines]) + "\n", "utf-8")
    return path


def path_of(into: Path, name: str, script: Script) -> Path:
    """Where a rendering lies."""
    return into / name / (script.id + FORMATS[name].suffix)


def steps_to(formats: Iterable[str]) -> list[str]:
    """``formats`` and all that they are made from, in the order of making."""
    wanted: set[str] = set()
    for name in formats:
        while name:
            wanted.add(name)
            name = FORMATS[name].source
    return [name for name in FORMATS if name in wanted]


def make(chosen: Sequence[Script], into: Path, formats: Sequence[str]) -> None:
    """Render ``chosen`` in ``formats`` below ``into``; what is there already is kept.

    :raises Missing: naming the tool that is not there.
    """
    state = into / "made.json"
    made = json.loads(state.read_text("utf-8")) if state.exists() else {}
    keys = {script.id: key_of(script) for script in chosen}
    for name in steps_to(formats):
        form = FORMATS[name]
        jobs = []
        for script in (script for script in chosen if fits(name, script)):
            to = path_of(into, name, script)
            if not to.exists() or made.get(f"{name}/{script.id}") != keys[script.id]:
                to.unlink(missing_ok=True)
                source = path_of(into, form.source, script) if form.source else script.original
                jobs.append((script, source, to))
        if not jobs:
            continue
        check_tools(form.tools)
        print(f"{name}: {len(jobs)} files", file=sys.stderr, flush=True)
        (into / name).mkdir(parents=True, exist_ok=True)
        form.make(jobs)
        made |= {f"{name}/{script.id}": keys[script.id] for script, _, _ in jobs}
        state.write_text(json.dumps(made, indent=1), "utf-8")


def key_of(script: Script) -> str:
    """Changes with the text and with the code that renders it."""
    sources = (scripts, wordfiles, webpages, scans)
    code = [Path(module.__file__ or "").read_bytes() for module in sources]
    return sha256(b"\0".join([script.original.read_bytes(), *code])).hexdigest()[:16]


def check_tools(tools: Iterable[str]) -> None:
    """:raises Missing: if a command or the Chinese font is not there."""
    for tool in tools:
        if shutil.which(tool) is None:
            raise Missing(f"{tool} is missing: apt-get install {PACKAGES[tool]}")
        if tool == "fc-list":
            fonts = subprocess.run([tool, ":lang=zh-cn"], capture_output=True, text=True).stdout
            for font in (wordfiles.SERIF, wordfiles.SANS):
                if font not in fonts:
                    raise Missing(f"the font {font} is missing: apt-get install {FONT_PACKAGE}")


def make_fixtures(into: Path = FIXTURES) -> None:
    """The few files that the tests read, without the steps to them; those there are kept."""
    with tempfile.TemporaryDirectory() as folder:
        for name, reports in SMALL.items():
            chosen = write_originals(Path(folder) / "originals", reports)
            chosen = [script for script in chosen if not path_of(into, name, script).exists()]
            if chosen:
                make(chosen, Path(folder), [name])
                (into / name).mkdir(parents=True, exist_ok=True)
            for script in chosen:
                shutil.copyfile(path_of(Path(folder), name, script), path_of(into, name, script))


def arguments(program: str) -> argparse.ArgumentParser:
    """The options that choose a collection."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}")
    parser.add_argument("--into", type=Path, help="folder of the collection; kept and continued")
    parser.add_argument("--formats", default=",".join(MEASURED), help=", ".join(MEASURED))
    parser.add_argument("--reports", default="", help="ids, separated by commas; else all")
    return parser


def collection(given: argparse.Namespace) -> list[Rendering]:
    """Make what was asked for; exits with a sentence if that cannot be."""
    formats = given.formats.split(",")
    unknown = [name for name in formats if name not in MEASURED]
    if unknown or given.into is None:
        sys.exit(f"unknown format {unknown[0]}" if unknown else "--into DIR is needed")
    try:
        chosen = write_originals(
            given.into / "originals", list(filter(None, given.reports.split(",")))
        )
        make(chosen, given.into, formats)
    except KeyError as error:
        sys.exit(f"unknown report {error}")
    except Missing as error:
        sys.exit(str(error))
    return renderings(chosen, given.into, formats)


def main() -> None:
    """Make the collection or the fixtures."""
    parser = arguments("tests.bench.rendered")
    parser.add_argument(
        "--fixtures", action="store_true", help="make the tests' files that are missing"
    )
    given = parser.parse_args()
    if given.fixtures:
        make_fixtures()
    else:
        print(f"{len(collection(given))} files below {given.into}")


if __name__ == "__main__":
    main()
