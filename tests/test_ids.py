"""Ids become numbers one for one, by whatever shortcut."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab.measures import ids

TEXTS = {
    "digits": st.text("0123456789", max_size=9),
    "customer numbers": st.integers(0, 99).map(str),
    "padded": st.integers(0, 10**8 - 1).map("{:08d}".format),
    "letters": st.text("abz09/:@\u00e4", max_size=8),
    "anything": st.text(max_size=3),
    "long": st.text("ab", min_size=7, max_size=12),
}


def one_for_one(series: pd.Series) -> None:
    codes, size, first = ids.numbered(series)
    order, names = pd.factorize(series)
    assert codes.min() >= 0 and codes.max() < size
    assert (pd.factorize(codes)[0] == order).all()
    assert list(ids.names(series, first)) == list(names)


@pytest.mark.parametrize("kind", TEXTS)
def test_text_is_numbered_one_for_one(kind):
    @settings(max_examples=40)
    @given(st.lists(TEXTS[kind], min_size=1, max_size=30), st.integers(0, 29))
    def check(texts, start):
        for series in (pd.Series(texts, dtype="str"), pd.Series(texts, dtype=object), pd.Series(texts, dtype="string")):
            one_for_one(series)
            one_for_one(series.iloc[min(start, len(texts) - 1):])

    check()


def test_every_customer_number_says_what_it_says():
    said = np.concatenate([np.arange(10**5), [10**6 - 1, 10**6, 10**7 - 1, 10**7, 10**8 - 1]])
    found = ids._numbers(pd.Series(said).astype(str).astype("string[pyarrow]"))
    assert (found - 10 ** np.char.str_len(said.astype(str)) == said).all()


def test_text_in_pieces():
    pieces = [pd.Series([f"c{k}" for k in range(n)], dtype="str") for n in (3, 1, 5)]
    one_for_one(pd.concat(pieces, ignore_index=True))


def test_numbers_at_the_ends_of_their_range():
    for kind in (np.int8, np.int64, np.uint64):
        ends = np.iinfo(kind)
        one_for_one(pd.Series([ends.max, ends.min, ends.max, ends.max - 1], dtype=kind))
        one_for_one(pd.Series([ends.max, ends.max - 1, ends.max], dtype=kind))
