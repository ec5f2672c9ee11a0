"""The court of words: what each column of a result means, and how its numbers are written.

Every table crmlab returns speaks these names and no others; a test says so.
"""

import html
import math
from typing import NamedTuple

import pandas as pd


class Word(NamedTuple):
    meaning: str
    hand: str = "text"  # how a value is written: text, count, number, points, share, p


COLUMNS = {
    "alpha": Word("Cronbach's alpha: how far the items of a score go together, at most 1", "number"),
    "answered": Word("rows with an answer", "count"),
    "axis": Word("which of the scores"),
    "because": Word("the source that makes one expect the claim"),
    "before": Word("the value a year before"),
    "bic": Word("Bayesian information criterion of a mixture of that many normals; lower is better", "count"),
    "bought_later": Word("share of the customers who bought in the time after", "share"),
    "brand": Word("the brand or firm that is compared"),
    "by_chance": Word("what chance alone would give", "number"),
    "case": Word("number of the case", "count"),
    "caught": Word("share of the next period's value that the top 20 % hold", "share"),
    "ceiling": Word("share of answers at the top of the scale", "share"),
    "chance": Word("what shuffled answers give, 95th percentile", "number"),
    "claim": Word("the claim as a sentence"),
    "class": Word("the class a rule gives"),
    "classes": Word("the classes of a system"),
    "cluster": Word("number of the cluster, 1 with the highest value per customer", "count"),
    "coded": Word("how far the other part speaks of it: 0 absent, 1 partly, 2 covered", "count"),
    "column": Word("name of the column"),
    "communication": Word("how and how often we speak to the class: a proposal"),
    "comparison": Word("median score of the firms compared with, in points", "points"),
    "construct": Word("what the items are meant to measure"),
    "contradicted": Word("probability of the verdict 'contradicted'", "share"),
    "correction": Word("observed, or corrected for unreliable measures"),
    "counterpart": Word("whether the other framework has a part that covers the same: covered by both, partly, none"),
    "customer": Word("a customer in one line"),
    "customers": Word("number of customers", "count"),
    "cut": Word("value of the scale at which a class begins", "number"),
    "days_since_last": Word("days since the last purchase, median", "number"),
    "dropped": Word("items left out of the score"),
    "effort": Word("what it would cost to do more of it, 1 to 3", "number"),
    "element": Word("the element of the model"),
    "estimate": Word("the estimated size, in the unit named beside it", "number"),
    "evidence": Word("how far the telling of a system rests on its source"),
    "fell": Word("mean score given by those who read that profits fell, in points", "points"),
    "figure": Word("the key figure"),
    "firms": Word("number of firms the number rests on", "count"),
    "first": Word("share of the users that put the brand first, alone", "share"),
    "form": Word("the form of the curve that was fitted"),
    "framework": Word("the framework of customer management"),
    "gap": Word("intention less reality, in points", "points"),
    "group": Word("the group of customers"),
    "halo": Word("share of the variance of scores that is there only because raters know the results", "share"),
    "high": Word("upper end of the interval", "number"),
    "highest": Word("highest value in it", "number"),
    "importance": Word("how much it matters to the firm, 0 to 3", "number"),
    "inputs": Word("the columns a system looks at"),
    "intention": Word("how far it is meant, in points from 0 to 100", "points"),
    "item": Word("one question of the questionnaire"),
    "item_rest": Word("correlation of the item with the mean of the other items of its scale", "number"),
    "k": Word("number of clusters", "count"),
    "kind": Word("what the column is"),
    "later_mean": Word("mean spent per customer in the time after", "number"),
    "low": Word("lower end of the interval", "number"),
    "lowest": Word("lowest value in it", "number"),
    "mean": Word("arithmetic mean", "number"),
    "mean_value": Word("value per customer", "number"),
    "meaning": Word("what the column says, in our own words"),
    "method": Word("how the number was computed"),
    "missing": Word("rows without an answer", "count"),
    "moved": Word("share of customers that change class", "share"),
    "n": Word("number of customers the number rests on", "count"),
    "negligible": Word("probability of the verdict 'negligible'", "share"),
    "now": Word("the value this year"),
    "null_high": Word("upper end of the middle 95 % of what one cloud of customers gives", "number"),
    "null_low": Word("lower end of the middle 95 % of what one cloud of customers gives", "number"),
    "omega": Word("McDonald's omega from one factor, at most 1", "number"),
    "orders": Word("days with a purchase, median", "number"),
    "other": Word("the system it is compared with"),
    "other_part": Word("the part of the other framework"),
    "overlap": Word("cosine of what two parts cover: 1 the same, 0 nothing in common", "number"),
    "p": Word("p value before any correction; for a claim, of the test that gave the verdict", "p"),
    "p_adjusted": Word("the same p value, corrected for the number of claims or tries", "p"),
    "p_null": Word("p value against a straight relation with the same margins", "p"),
    "part": Word("a part of a framework, or one of its practices"),
    "practice": Word("the practice, in our words"),
    "practices": Word("practices the number rests on", "count"),
    "price": Word("what the class pays: a proposal"),
    "priority": Word("importance times distance to the target, by effort", "points"),
    "product": Word("what is offered to the class: a proposal"),
    "profile": Word("what its customers are like, in words"),
    "quartile": Word("quarter of the firms compared with; 4 is the highest", "count"),
    "range": Word("lowest and highest value allowed"),
    "reach": Word("how many customers it touches, in the unit of the source", "number"),
    "reached": Word("share of studies that find the marked correlation or more", "share"),
    "reality": Word("how far it is done, in points from 0 to 100", "points"),
    "rose": Word("mean score given by those who read that profits rose, in points", "points"),
    "rows": Word("number of rows of the data", "count"),
    "rule": Word("the rule that fired"),
    "rule_says": Word("the class the rule gives"),
    "score": Word("the score, 1 the lowest", "count"),
    "sd": Word("standard deviation", "number"),
    "segment": Word("the segment of customers"),
    "service": Word("how the class is served: a proposal"),
    "share": Word("share of customers", "share"),
    "share_after": Word("share of customers afterwards", "share"),
    "share_before": Word("share of customers before", "share"),
    "shuffled": Word("mean silhouette once every column is shuffled: no association", "number"),
    "silhouette": Word("how much nearer customers are to their own cluster than to the next, at most 1", "number"),
    "silhouette_null": Word("mean silhouette in one cloud of customers with the same margins and rank correlations", "number"),
    "skew": Word("skewness; below 0 when answers crowd at the top", "number"),
    "source": Word("where the number comes from"),
    "spearman": Word("Spearman's rank correlation with the next period's value", "number"),
    "stability": Word("adjusted Rand index of two bootstrap solutions: 1 the same, 0 chance", "number"),
    "stability_null": Word("the same index in one cloud of customers", "number"),
    "stage": Word("the stage of the customer's path"),
    "supported": Word("probability of the verdict 'supported'", "share"),
    "system": Word("the classification system"),
    "term": Word("what the number belongs to"),
    "test": Word("which test the p value is of: one-sided, two-sided, or of equivalence"),
    "to": Word("the class afterwards"),
    "true_size": Word("the size assumed to be true", "number"),
    "undecided": Word("probability of the verdict 'undecided'", "share"),
    "unit": Word("the unit of the estimate"),
    "value_share": Word("share of all value", "share"),
    "verdict": Word("supported, contradicted, negligible, undecided or untested"),
    "without": Word("alpha of the scale if the item were left out", "number"),
    "yours": Word("the class or code you gave"),
}


def settled(value: float) -> float:
    """A number to twelve significant digits: what lies beyond is not the same on every processor.

    >>> 0.1 + 0.2 == 0.3, settled(0.1 + 0.2) == 0.3
    (False, True)
    """
    return float(f"{value:.12g}")


def number(value: float, digits: int = 2) -> str:
    """A number with a true minus sign, or a dash where there is none.

    >>> number(-0.1), number(12.345), number(float("nan"))
    ('−0.10', '12.35', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{settled(value):,.{digits}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.replace("-", "")


def money(value: float, source: dict, digits: int = 0) -> str:
    """An amount, with the currency where the source knows it.

    >>> money(1234.5, {"currency": "USD"}), money(0.5, {}, 2)
    ('1,234\xa0USD', '0.50')
    """
    return priced(number(value, digits), source)


def priced(text: str, source: dict) -> str:
    """The text, and behind it the currency where the source knows it."""
    return "\xa0".join(filter(None, (text, source.get("currency"))))


def in_money(label: str, source: dict) -> str:
    """The label of an axis along which money runs.

    >>> in_money("mean value", {"currency": "USD"})
    'mean value (USD)'
    """
    return f"{label} ({source['currency']})" if source.get("currency") else label


def interval(estimate: float, low: float, high: float, digits: int = 2) -> str:
    """
    >>> interval(0.622, 0.539, 0.693)
    '0.62 [0.54, 0.69]'
    """
    if not math.isfinite(low):
        return number(estimate, digits)
    return f"{number(estimate, digits)} [{number(low, digits)}, {number(high, digits)}]"


def p_value(p: float) -> str:
    """
    >>> p_value(0.00002), p_value(0.0312), p_value(1.0)
    ('< .001', '.031', '> .999')
    """
    if p is None or not math.isfinite(p):
        return "–"
    p = settled(p)
    if p > 0.999:
        return "> .999"
    return "< .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def p_clause(p: float) -> str:
    """
    >>> p_clause(0.0004), p_clause(0.05)
    ('p < .001', 'p = .050')
    """
    text = p_value(p)
    return f"p {text}" if text[0] in "<>" else f"p = {text}"


def percent(share: float) -> str:
    """A share as whole per cent; small ones keep a decimal, so that something never reads as nothing.

    >>> percent(0.386), percent(0.004), percent(0.0001), percent(0)
    ('39 %', '0.4 %', '< 0.1 %', '0 %')
    """
    if share is None or not math.isfinite(share):
        return "–"
    share = settled(share)
    if 0 < share < 0.0005:
        return "< 0.1 %"
    small = 0 < abs(share) < 0.01
    return f"{settled(share * 100):.1f} %" if small else f"{settled(share * 100):.0f} %"


HANDS = {
    "text": lambda value: "–" if value is None or value != value else str(value),
    "count": lambda value: "–" if value != value else f"{settled(value):,.0f}",
    "number": number,
    "points": lambda value: number(value, 0),
    "share": percent,
    "p": p_value,
}


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """The table as a reader meets it: numbers written out, an estimate and its interval in one cell."""
    out = pd.DataFrame(index=table.index)
    bounds = {"low", "high"} <= set(table.columns)
    lead = next((name for name in ("estimate", "share", "score") if bounds and name in table.columns), None)
    for column in table.columns:
        hand = HANDS[COLUMNS[column].hand]
        if column == lead:
            out[f"{lead} [interval]"] = [
                f"{hand(at)} [{hand(low)}, {hand(high)}]" if math.isfinite(low) else hand(at)
                for at, low, high in table[[lead, "low", "high"]].to_numpy(float)
            ]
        elif not (lead and column in ("low", "high")):
            out[column.replace("_", " ")] = table[column].map(hand).astype(object)
    return out


def page(table: pd.DataFrame) -> str:
    """The shown table as HTML: escaped, words to the left, numbers to the right and on one line."""
    written = shown(table)
    words = [COLUMNS.get(name.replace(" ", "_"), Word("", "number")).hand == "text" for name in written]
    short = [written[name].str.len().max() <= 16 for name in written]
    styles = [f"text-align: {'left' if word else 'right'}{'; white-space: nowrap' if brief or not word else ''}"
              for word, brief in zip(words, short, strict=True)]

    def row(tag: str, cells) -> str:
        parts = (f'<{tag} style="{style}">{html.escape(str(cell))}</{tag}>' for cell, style in
                 zip(cells, styles, strict=True))
        return f"<tr>{''.join(parts)}</tr>"

    body = "\n".join(row("td", cells) for cells in written.itertuples(index=False))
    return f"<table>\n<thead>\n{row('th', written.columns)}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>"
