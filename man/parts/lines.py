"""Lines of text are of at most 80 bytes, as mandoc -Tlint asks for; displays stay as they are."""
import re
import textwrap

WIDTH = 80


def wrapped(page):
    done, literal = [], False
    for line in page.splitlines():
        if re.match(r"\.Bd -(literal|unfilled)", line):
            literal = True
        elif line == ".Ed":
            literal = False
        if literal or line[:1] in (".", "'") or len(line) <= WIDTH:
            done.append(line)
            continue
        parts = textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False)
        # a line that begins so would be a macro's
        done += [parts[0]] + [rf"\&{part}" if part[0] in ".'" else part for part in parts[1:]]
    return "\n".join(done) + "\n"
