"""Result files: JSON with the revision and the host that made them."""

import json
import platform
import subprocess

from common.jobs import REPOSITORY


def revision():
    described = subprocess.run(
        ["git", "-C", REPOSITORY, "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
        capture_output=True, text=True)
    return described.stdout.strip() or "unknown"


def also(earlier):
    """The revision of a part that continues what EARLIER revisions, "" or "a, b", have made."""
    return ", ".join(sorted({*filter(None, earlier.split(", ")), revision()}))


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def write(path, command, content):
    """Writes CONTENT beside what made it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {"command": command, "revision": revision(),
             "host": {"processor": processor(), "system": platform.platform()}, **content}
    path.write_text(json.dumps(whole, indent=1) + "\n")
    print(path)


def read(path):
    """What an earlier call has written; empty where there is nothing."""
    return json.loads(path.read_text()) if path.exists() else {}
