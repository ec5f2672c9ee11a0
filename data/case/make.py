"""The simulated class beside the case: ``python data/case/make.py`` writes class.csv again.

48 students of the world ``classroom``, edition 1, seed 1, half of them in each arm, with a halo of 0.3 steps.
"""

from pathlib import Path

from crmlab.sources.worlds import classroom

if __name__ == "__main__":
    sheets = classroom(n=48, seed=1).tables["assessments"]
    sheets.astype({"intention": "Int64", "reality": "Int64"}).to_csv(Path(__file__).parent / "class.csv", index=False)
