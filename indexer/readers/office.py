"""Old office formats (.doc, .wps, .rtf, .odt), through LibreOffice where the machine has it.

LibreOffice turns the file into DOCX, which `word` reads: its lists keep their numbers. It runs
inside the reader process's limits, with a profile of its own, without macros and, where the
system lets it, without a network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from indexer.readers.errors import Unreadable
from indexer.readers.word import read_word
from indexer.shapes import Document

COMMANDS = ("soffice", "libreoffice")
SECONDS = 300  # a second limit; the reader process has a shorter one from outside
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop></item>
</oor:items>
"""


def read_office(path: Path) -> Document:
    """Read a file that LibreOffice opens.

    :raises Unreadable: if there is no LibreOffice, or it cannot open the file.
    """
    office = find_office()
    if not office:
        kind = path.suffix.lower()
        raise Unreadable(
            f"{kind} files need LibreOffice (soffice) on this machine, or save it as .docx",
            f"读取 {kind} 文件需要本机安装 LibreOffice，或另存为 .docx",
        )
    with tempfile.TemporaryDirectory(prefix="office-", dir=folder()) as work:
        copied = Path(work, "input").with_suffix(path.suffix.lower())
        shutil.copyfile(path, copied)
        convert(office, copied)
        converted = copied.with_suffix(".docx")
        if not converted.is_file():
            raise Unreadable("LibreOffice cannot open it", "LibreOffice 无法打开该文件")
        return read_word(converted)


def convert(office: str, path: Path) -> None:
    """Write ``path`` as .docx beside it; whether that worked shows in the file."""
    command = [
        *([] if not has_unshare() else ["unshare", "--map-root-user", "--net", "--"]),
        office,
        f"-env:UserInstallation={profile().as_uri()}",
        *("--headless", "--norestore", "--nolockcheck", "--nodefault"),
        *("--convert-to", "docx:MS Word 2007 XML", "--outdir", str(path.parent), str(path)),
    ]
    home = {"HOME": str(path.parent)}
    nothing = subprocess.DEVNULL
    subprocess.run(
        command,
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        env=os.environ | home,
        timeout=SECONDS,
        check=False,
    )


def find_office() -> str:
    """The LibreOffice command of this machine; '' if there is none."""
    return next(filter(None, map(shutil.which, COMMANDS)), "")


@lru_cache(maxsize=1)
def has_unshare() -> bool:
    """Whether a process may be started here without a network."""
    if shutil.which("unshare") is None:
        return False
    command = ["unshare", "--map-root-user", "--net", "--", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@lru_cache(maxsize=1)
def folder() -> Path:
    """A temporary folder; in a reader process it goes with the process."""
    return Path(tempfile.mkdtemp(prefix="bureau-office-"))


@lru_cache(maxsize=1)
def profile() -> Path:
    """LibreOffice's settings, made once for all files of a process."""
    home = folder() / "profile"
    (home / "user").mkdir(parents=True)
    (home / "user" / "registrymodifications.xcu").write_text(PROFILE, "utf-8")
    return home
