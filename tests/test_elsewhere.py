"""The same numbers on every machine: clusters under other processor settings, and what `make elsewhere` tries."""

import json
import subprocess
import sys

import pytest
from contract import said
from elsewhere import Machine, Setting, changed, here, settings, there

import crmlab as crm
from crmlab.frame.result import Result

NEW = ("X86_V3", "X86_V4", "AVX512_ICL", "AVX512_SPR")  # numpy 2.4
# numpy 1.26
OLD = ("SSSE3", "SSE41", "POPCNT", "SSE42", "AVX", "F16C", "FMA3", "AVX2", "AVX512F", "AVX512CD", "AVX512_SKX")


def analyses() -> dict[str, dict]:
    """What the analyses that cluster, rank and fit say of a log and of a world."""
    out = {}
    for name in ("cdnow_sample", "world:shop"):
        summary = crm.customer_summary(crm.open_table("transactions", name)).head(600)
        clusters = crm.portfolio.clusters(summary, k=(2, 3), draws=19)
        results: dict[str, Result] = {
            "clusters": clusters, "slices": clusters.profiles, "luck": crm.portfolio.true_concentration(summary),
            "concentration": crm.portfolio.concentration(summary),
            "segments": crm.portfolio.segments(crm.portfolio.rfm(summary))}
        out |= {f"{name} {what}": said(result) for what, result in results.items()}
    return out


def test_clusters_are_the_same_elsewhere():
    before = there(Setting())
    setting = max(settings(before, 1)[1:], key=lambda one: len(one.off))
    assert not changed(setting, before, there(setting))
    done = subprocess.run([sys.executable, __file__], env=setting.env(), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == json.loads(json.dumps(analyses()))


def test_names_are_read_from_numpys_own_list():
    """A processor with AVX-512, one with AVX2, an old one; numpy 2.4 and 1.26; another linear algebra; ARM."""
    def tried(dispatch, active, kernels=("SkylakeX",), cores=2):
        return [str(one) for one in settings(Machine(dispatch, active, kernels, 1), cores)]

    first = "as it is, one thread"
    assert tried(NEW, ("SSE3", "AVX2", *NEW[:3])) == [
        first, "without X86_V4, AVX512_ICL; sums as on Haswell",
        "without X86_V3, X86_V4, AVX512_ICL; sums as on Prescott; 2 threads", "sums as on Zen; 2 threads", "2 threads"]
    assert tried(OLD, ("SSE3", *OLD), ("Haswell",)) == [
        first, "without AVX512F, AVX512CD, AVX512_SKX; sums as on Zen",
        f"without {', '.join(OLD)}; sums as on Prescott; 2 threads",
        "2 threads"]
    assert tried(OLD, ("SSE3", *OLD[:8]), ("Haswell",)) == [
        first, f"without {', '.join(OLD[:8])}; sums as on Prescott; 2 threads", "sums as on Zen; 2 threads", "2 threads"]
    assert tried(NEW, ("SSE3", "X86_V2"), ("Nehalem",), 1) == [first, "sums as on Prescott"]
    assert tried(NEW, ("SSE3", "AVX2", "X86_V3"), ()) == [first, "without X86_V3"]
    assert tried(("ASIMDHP", "SVE"), ("NEON", "ASIMDHP"), ("neoversen1",)) == [first, "without ASIMDHP; 2 threads", "2 threads"]
    assert Machine(NEW, NEW[:3], (), 1).lacks() == "This processor lacks AVX512_SPR."
    assert Machine(NEW, NEW, (), 1).lacks() == "This processor has all that numpy can use."


@pytest.mark.parametrize(("setting", "now", "words"), [
    (Setting(("X86_V4",)), Machine(NEW, NEW, ("Zen",), 1), "numpy still uses X86_V4"),
    (Setting(("AVX9",)), Machine(NEW, NEW, ("Zen",), 1), "no feature of numpy changed"),
    (Setting((), "Haswell"), Machine(NEW, NEW, ("Zen",), 1), "the kernel of OpenBLAS is still Zen"),
    (Setting((), "", 2), Machine(NEW, NEW, ("Zen",), 1), "there is still 1 thread"),
    (Setting(("X86_V4",), "Haswell", 2), Machine(NEW, ("X86_V3",), ("Haswell",), 2), ""),
])
def test_a_setting_that_changes_nothing_is_found_out(setting, now, words):
    assert changed(setting, Machine(NEW, NEW, ("Zen",), 1), now) == words


def test_this_machine_is_known():
    assert here().dispatch and here().active


if __name__ == "__main__":
    print(json.dumps(analyses()))
