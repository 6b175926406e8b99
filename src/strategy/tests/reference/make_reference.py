#!/usr/bin/env python3
"""Computes indicators.json, which the test `reference` holds the indicators against: real prices, pandas' arithmetic.

    python3 -m venv venv && venv/bin/pip install pandas==3.1.1 TA-Lib==0.8.2
    venv/bin/python src/strategy/tests/reference/make_reference.py

An indicator sees the closes that it is defined on and no more (REQUIRED, rules.md 5.6): for rsi and the exponential
average, which remember their first close, the value depends on it.

TA-Lib is the second opinion on the formulas, over all closes of the series: where its conventions are the same, or no longer
matter after so many sessions, it has to agree with pandas, or this script fails. Values are null where the sessions do not
fill the window.
"""

import gzip
import json
import math
from pathlib import Path

import numpy
import pandas
import talib

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[3] / "mocks" / "data" / "us-equities-daily-2000-2013.csv.gz"

# The last 700 adjusted closes up to these days: a quiet end, two crashes, a flash crash, and a stock younger than a year.
SERIES = [
    ("MSFT", "2013-03-01"),
    ("AAPL", "2008-10-10"),
    ("IBM", "2002-10-09"),
    ("GOOG", "2010-05-06"),
    ("FB", "2013-03-01"),
]
CLOSES = 700
WINDOWS = [2, 3, 5, 10, 14, 21, 60, 126, 200, 600]
TOLERANCE = 1e-9


def rsi(closes, window):
    delta = closes.diff().fillna(0)
    smoothed = [part.ewm(alpha=1 / window, adjust=False, min_periods=window).mean() for part in (delta.clip(lower=0), -delta.clip(upper=0))]
    gain, loss = smoothed
    return 100 - 100 / (1 + gain / loss)


def max_drawdown(closes, window):
    fall = lambda part: -((part / part.cummax() - 1).min()) * 100
    return closes.rolling(window).apply(fall, raw=False)


INDICATORS = {
    "rsi": rsi,
    "current-price": lambda closes, window: closes,
    "moving-average-price": lambda closes, window: closes.rolling(window).mean(),
    "exponential-moving-average-price": lambda closes, window: closes.ewm(span=window, adjust=False, min_periods=window).mean(),
    "moving-average-return": lambda closes, window: closes.pct_change().rolling(window).mean() * 100,
    "cumulative-return": lambda closes, window: closes.pct_change(window) * 100,
    "stdev-return": lambda closes, window: closes.pct_change().rolling(window).std() * 100,
    "max-drawdown": max_drawdown,
}

# How many of the last closes each is defined on.
REQUIRED = {
    "rsi": lambda window: max(3 * window, 200),
    "current-price": lambda window: 1,
    "moving-average-price": lambda window: max(window, 200),
    "exponential-moving-average-price": lambda window: max(window, 200),
    "moving-average-return": lambda window: max(window + 5, 60),
    "cumulative-return": lambda window: max(window + 5, 60),
    "stdev-return": lambda window: max(window + 5, 60),
    "max-drawdown": lambda window: max(window, 200),
}


def second_opinion(name, closes, window):
    """The value of TA-Lib, or None where it has no such indicator or its first values still matter."""
    prices = closes.to_numpy()
    if len(prices) <= window:
        return None
    returns = closes.pct_change().to_numpy()[1:]
    if name == "rsi" and window <= 21 and len(prices) == CLOSES:
        return talib.RSI(prices, window)[-1]
    if name == "moving-average-price":
        return talib.SMA(prices, window)[-1]
    if name == "exponential-moving-average-price" and window <= 21 and len(prices) == CLOSES:
        return talib.EMA(prices, window)[-1]
    if name == "moving-average-return":
        return talib.SMA(returns, window)[-1] * 100
    if name == "cumulative-return":
        return talib.ROC(prices, window)[-1]
    if name == "stdev-return":
        # TA-Lib divides by n.
        return talib.STDDEV(returns, window)[-1] * math.sqrt(window / (window - 1)) * 100
    return None


def main():
    rows = pandas.read_csv(gzip.open(DATA), parse_dates=["Date"])
    series = []
    opinions = 0
    for symbol, last in SERIES:
        of_symbol = rows[(rows["Ticker"] == symbol) & (rows["Date"] <= last)].sort_values("Date")
        closes = of_symbol["Adj Close"].tail(CLOSES).reset_index(drop=True)
        values = {}
        for name, compute in INDICATORS.items():
            values[name] = []
            for window in WINDOWS:
                opinion = second_opinion(name, closes, window)
                if opinion is not None:
                    of_all = compute(closes, window).iloc[-1]
                    assert abs(opinion - of_all) < TOLERANCE, (symbol, name, window, of_all, opinion)
                    opinions += 1
                value = compute(closes.tail(REQUIRED[name](window)), window).iloc[-1]
                values[name].append(None if numpy.isnan(value) else f"{value:.12f}")
        series.append({"symbol": symbol, "last": last, "closes": len(closes), "values": values})
    document = {"made_by": f"pandas {pandas.__version__}", "windows": WINDOWS, "series": series}
    (HERE / "indicators.json").write_text(json.dumps(document, indent=1) + "\n")
    print(f"{len(series) * len(INDICATORS) * len(WINDOWS)} values, TA-Lib {talib.__version__} agrees with {opinions} of them")


if __name__ == "__main__":
    main()
