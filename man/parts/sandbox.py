"""
What the sandbox leaves to each check, in section SANDBOX of exacheck.yaml(5): from what `exacheck test --sandbox` says
of sandbox.yaml.
"""
import re
import subprocess
from pathlib import Path

CHECKS = Path(__file__).resolve().parent.parent / "sandbox.yaml"
BEGIN, END = '.\\" table begins: made by man/generate\n', '.\\" table ends\n'


def escaped(text):
    """Words that mdoc would take for a macro or an escape."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"(^| )(?=[A-Z][a-z]( |$)|[.'])", r"\1\\&", text)


def rows_and_sets(exacheck):
    """The table's rows, from heading to cell, and the sets of system calls."""
    text = subprocess.run([exacheck, "-f", CHECKS, "test", "--sandbox"], capture_output=True, text=True, check=True).stdout
    rows, *sets = text.split("\n\n")
    heading, *rows = [re.split(r" {2,}", row.strip()) for row in rows.splitlines()]
    return [dict(zip(heading, row)) for row in rows], sets


def row_lines(row):
    network, files, calls = (row[name] for name in ("NETWORK", "FILES", "SYSTEM CALLS"))
    if network == files == calls:
        return [f".It {escaped(row['CHECK'])}", network]
    return [f".It {escaped(row['CHECK'])}", f"network: {escaped(network)};", f"files: {escaped(files)};",
            f"calls: {escaped(calls)}"]


def table(page, exacheck):
    rows, sets = rows_and_sets(exacheck)
    lines = ['.Bl -tag -width "icmp of an address" -compact']
    for row in rows:
        lines += row_lines(row)
    lines += [".El", ".Pp", "System calls:", '.Bl -tag -width "resolver"']
    for chunk in sets:
        title, *calls = chunk.splitlines()
        name, purpose = title.split(": ")
        lines += [f".It Cm {name}", f"To {escaped(purpose)}:"]
        lines += [escaped(line.strip()) for line in calls]
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return before + BEGIN + "\n".join(lines + [".El"]) + "\n" + END + after
