#!/usr/bin/env python3
"""Compares 1,000 schedule expressions with an independent implementation, over a year.

The reference for cron is aws-croniter, which knows AWS's six fields but no time zones; it walks over civil times, and
zoneinfo places each in its zone: a time in a spring gap has no place and is skipped, a repeated one has its first place
only. A rate is arithmetic. Each month of the year and both changes of the clocks are windows; in each, the first
occurrences are compared (all of them, unless an expression fires more than LIMIT times a month).

    tests/external/schedules/run           sets everything up and calls this
    compare.py --seed 7           other expressions

Prints every difference, and why the reference was asked in other words (EXPLAINED); exits with 1 if there are any
differences.
"""

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from aws_croniter import AwsCroniter
from aws_croniter.exceptions import AwsCroniterExpressionError

YEAR = 2026
COUNT = 1000
LIMIT = 120
ZONES = [
    "UTC", "America/New_York", "Europe/Berlin", "Europe/London", "America/Sao_Paulo", "Asia/Tokyo", "Asia/Kolkata",
    "Australia/Lord_Howe", "Australia/Sydney", "America/St_Johns", "Africa/Cairo", "Pacific/Chatham", "America/Santiago",
]
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "SUN MON TUE WED THU FRI SAT".split()

# Where the reference is known to differ, and why: there it is asked the same thing in other words.
EXPLAINED = [
    (
        lambda fields: fields[4] == "L",
        lambda fields: [*fields[:4], "7", fields[5]],
        "AWS documents L in day-of-week as the last day of the week, Saturday; aws-croniter never fires",
    ),
    (
        lambda fields: "/" in fields[5],
        lambda fields: [*fields[:5], ",".join(map(str, range(int(fields[5].split("/")[0]), 2200, int(fields[5].split("/")[1]))))],
        "AWS documents / in the year; aws-croniter refuses steps below 1970",
    ),
    (
        lambda fields: fields[2] == "LW",
        lambda fields: [*fields[:2], "*", *fields[3:]],
        "AWS documents W with L, the last weekday; aws-croniter does not read LW, so it walks over every day, and we choose",
    ),
]


def plain(rng, low, high, names=()):
    """A field of values, ranges and steps."""
    def value():
        number = rng.randint(low, high)
        return rng.choice([names[number - low], names[number - low].lower(), str(number)]) if names else str(number)

    def item():
        kind = rng.randrange(6)
        if kind == 0:
            return f"{value()}-{value()}"
        if kind == 1 and not names:
            return f"{value()}/{rng.randint(1, max(2, (high - low) // 2))}"
        if kind == 2 and not names:
            return f"*/{rng.randint(1, max(2, (high - low) // 2))}"
        if kind == 3 and not names:
            return f"{value()}-{value()}/{rng.randint(1, 5)}"
        return value()

    return ",".join(item() for _ in range(rng.choice([1, 1, 1, 2, 3])))


def cron(rng):
    minute = rng.choice([plain(rng, 0, 59), plain(rng, 0, 59), str(rng.randint(0, 59)), "*", "0", "30", "*/15"])
    hour = rng.choice([plain(rng, 0, 23), str(rng.randint(0, 23)), str(rng.randint(0, 3)), "*", "20-2", "2"])
    month = rng.choice(["*", "*", "*", plain(rng, 1, 12, MONTHS), plain(rng, 1, 12)])
    year = rng.choice(["*", "*", "*", "2026", "2025-2030", "2024/2", "2020,2026"])
    if rng.random() < 0.5:
        day = rng.choice(["*", plain(rng, 1, 31), "L", "LW", f"{rng.randint(1, 31)}W", str(rng.randint(28, 31))])
        weekday = "?"
        if day == "LW":
            # The reference walks over every day for this one.
            minute, hour = str(rng.randint(0, 59)), str(rng.randint(0, 23))
    else:
        day = "?"
        some = rng.choice(DAYS + [str(number) for number in range(1, 8)])
        weekday = rng.choice(["*", plain(rng, 1, 7, DAYS), "MON-FRI", "FRI-MON", f"{some}L", "L", f"{some}#{rng.randint(1, 5)}"])
    return f"cron({minute} {hour} {day} {month} {weekday} {year})"


def rate(rng):
    unit = rng.choice(["minute", "hour", "day"])
    value = rng.choice([1, rng.randint(2, 59), rng.randint(2, 500)])
    return f"rate({value} {unit}{'' if value == 1 else 's'})"


def question(rng):
    dialect = rng.choice(["rule", "scheduler", "scheduler"])
    zone = "UTC" if dialect == "rule" else rng.choice(ZONES)
    anchor = int(datetime(YEAR, 1, 1, tzinfo=timezone.utc).timestamp()) + rng.randrange(86_400)
    return {
        "dialect": dialect,
        "expression": rate(rng) if rng.random() < 0.15 else cron(rng),
        "zone": zone,
        "anchor": anchor,
        "windows": windows(zone),
        "limit": LIMIT,
    }


def windows(zone):
    months = [datetime(YEAR + month // 12, month % 12 + 1, 1, tzinfo=timezone.utc) for month in range(13)]
    spans = list(zip(months, months[1:]))
    hour = timedelta(hours=1)
    at, offset = months[0], months[0].astimezone(ZoneInfo(zone)).utcoffset()
    while at < months[-1]:
        at += hour
        if at.astimezone(ZoneInfo(zone)).utcoffset() != offset:
            offset = at.astimezone(ZoneInfo(zone)).utcoffset()
            spans.append((at - 6 * hour, at + 30 * hour))
    return [[int(start.timestamp()), int(end.timestamp())] for start, end in spans]


def placed(civil, zone):
    """The first instant at which the zone's clocks show a civil time; none inside a gap."""
    local = civil.replace(tzinfo=zone, fold=0)
    instant = local.astimezone(timezone.utc)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == civil.replace(tzinfo=None) else None


def is_last_weekday(civil):
    """Whether a day is the last of its month from Monday to Friday: the reference does not know LW."""
    days = [civil.replace(day=1) + timedelta(days=number) for number in range(31)]
    return civil.date() == max(day.date() for day in days if day.month == civil.month and day.weekday() < 5)


def reference_cron(inner, asked, start, end):
    zone = ZoneInfo(asked["zone"])
    fields = inner.split(" ")
    for applies, in_other_words, _ in EXPLAINED:
        fields = in_other_words(fields) if applies(fields) else fields
    schedule = AwsCroniter(" ".join(fields))
    keeps = is_last_weekday if " LW " in inner else lambda civil: True
    # The civil clock may be ahead of the instant's; a day back is enough for every zone.
    civil = datetime.fromtimestamp(start, timezone.utc).astimezone(zone).replace(tzinfo=timezone.utc) - timedelta(days=1)
    times = []
    while len(times) < LIMIT:
        civil = schedule.occurrence(civil).next()
        if civil is None or civil.timestamp() > end + 2 * 86_400:
            break
        if not keeps(civil):
            continue
        instant = placed(civil, zone)
        if instant is not None and start <= instant.timestamp() < end:
            times.append(int(instant.timestamp()))
        elif instant is not None and instant.timestamp() >= end:
            break
    return times


def reference_rate(inner, asked, start, end):
    value, unit = inner.split(" ")
    period = int(value) * {"minute": 60, "hour": 3600, "day": 86_400}[unit.removesuffix("s")]
    # A rule's rate counts from its creation; a schedule also fires at the start itself.
    time = asked["anchor"] + (period if asked["dialect"] == "rule" else 0)
    if time < start:
        time += (start - time + period - 1) // period * period
    return [at for at in range(time, end, period)][:LIMIT]


def reference(asked):
    kind, inner = asked["expression"].rstrip(")").split("(", 1)
    times = reference_cron if kind == "cron" else reference_rate
    try:
        return [times(inner, asked, start, end) for start, end in asked["windows"]]
    except AwsCroniterExpressionError as error:
        return {"refused": str(error)}


def explanations(asked):
    """Why the reference was asked in other words, if it was."""
    fields = asked["expression"].split("(", 1)[1].rstrip(")").split(" ")
    return [reason for applies, _, reason in EXPLAINED if len(fields) == 6 and applies(fields)]


def difference(ours, wanted):
    """The first difference, for people."""
    if isinstance(ours, dict) or isinstance(wanted, dict):
        refused = [f"{who} refuses it: {answer['refused']}" for who, answer in (("ours", ours), ("the reference", wanted)) if "refused" in answer]
        return ", ".join(refused)
    one, other = next((set(one), set(other)) for one, other in zip(ours, wanted) if one != other)
    shown = [[datetime.fromtimestamp(at, timezone.utc).isoformat() for at in sorted(times)[:3]] for times in (one - other, other - one)]
    return f"only ours {shown[0]}, only the reference {shown[1]}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--ours", default="target/debug/examples/schedule_times", help="the program that answers for us")
    given = arguments.parse_args()
    rng = random.Random(given.seed)
    questions = [question(rng) for _ in range(COUNT)]
    lines = "\n".join(json.dumps(asked) for asked in questions) + "\n"
    answered = subprocess.run([given.ours], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    differences, compared, reworded = 0, 0, Counter()
    for asked, line in zip(questions, answered, strict=True):
        ours, wanted = json.loads(line), reference(asked)
        reworded.update(explanations(asked))
        if ours == wanted or all(isinstance(answer, dict) for answer in (ours, wanted)):
            compared += sum(map(len, wanted))
            continue
        differences += 1
        print(f"{asked['expression']} in {asked['zone']} ({asked['dialect']}): {difference(ours, wanted)}")
    for reason, count in sorted(reworded.items()):
        print(f"asked in other words {count} times: {reason}")
    print(f"{COUNT} expressions, {compared} times compared, {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
