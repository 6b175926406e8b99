"""Renders mails of the scenarios' snapshots in a browser: look.py CHROMIUM FOLDER."""

import html
import json
import pathlib
import re
import subprocess
import sys

SNAPSHOTS = pathlib.Path("tests/snapshots/scenarios")
# Scenario, what must be visible, and whether the mail tells of a failure.
MAILS = [
    ("examples__full_day", ["2 of 2 orders filled", "MSFT", "213.034122", "70.0", "momentum.clj"], False),
    ("money__hold_only", ["No orders were necessary."], False),
    ("incidents__49-trade-silently-skipped", ["MSFT: 0 of 118.8 shares filled", "39.6", "Recommended actions"], True),
    ("money__zero_cash", ["cash is 0", "Orders Placed"], True),
]
GREEN, RED = "rgb(30, 123, 77)", "rgb(179, 38, 30)"
PROBE = """<script>
const heading = document.querySelector("h1");
const probe = document.createElement("pre");
const seen = {
    overflow: document.documentElement.scrollWidth - window.innerWidth,
    heading: getComputedStyle(heading).backgroundColor,
    text: document.body.innerText,
    cells: [...document.querySelectorAll("th, td")].every((cell) => cell.getBoundingClientRect().width > 0),
};
probe.id = "probe";
probe.textContent = JSON.stringify(seen);
document.body.append(probe);
</script>"""


def last_mail(scenario):
    """The HTML part of the scenario's last mail."""
    text = (SNAPSHOTS / f"{scenario}.snap").read_text()
    return json.loads(text[text.index("{\n") :])["mails"][-1]["html"]


def chromium(program, width, page, *arguments):
    command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},1000"]
    shown = subprocess.run([*command, *arguments, page.resolve().as_uri()], capture_output=True, text=True, timeout=120)
    if shown.returncode != 0:
        sys.exit(f"{program} ended with {shown.returncode}: {shown.stderr}")
    return shown.stdout


def problems(seen, wanted, failed):
    if seen["overflow"] > 0:
        yield f"it is {seen['overflow']} pixels wider than the window"
    if seen["heading"] != (RED if failed else GREEN):
        yield f"its heading is {seen['heading']}"
    if not seen["cells"]:
        yield "a cell of a table cannot be seen"
    yield from (f"{text!r} cannot be seen" for text in wanted if text not in seen["text"])


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for scenario, wanted, failed in MAILS:
        mail = last_mail(scenario)
        page, probed = folder / f"{scenario}.html", folder / f"{scenario}.probed.html"
        page.write_text(mail)
        probed.write_text(mail.replace("</body>", f"{PROBE}</body>"))
        for width in (500, 900):
            chromium(program, width, page, f"--screenshot={(folder / f'{scenario}-{width}.png').resolve()}")
            dom = chromium(program, width, probed, "--dump-dom")
            seen = json.loads(html.unescape(re.search(r'<pre id="probe">(.*?)</pre>', dom, re.DOTALL)[1]))
            found += [f"{scenario}, {width} pixels: {problem}" for problem in problems(seen, wanted, failed)]
    print("\n".join(found) or f"{len(MAILS)} mails, each in two widths, look as they should; pictures are in {folder}")
    sys.exit(1 if found else 0)


main()
