"""Slips of the pen in an open notebook: two or three short sentences instead of a page of red.

``import crmlab`` installs it in a notebook, and nowhere else. What it does not know it leaves as Python shows it, and
``%tb`` shows Python's own words in any case. ``from crmlab.desk import slips; slips.uninstall()`` takes it away.
"""

import sys

from crmlab.frame import places

MORE = "`%tb` shows Python's own words."


def install(shell=None) -> None:
    """Answer slips in an open notebook; in a run, and where somebody else answers errors, nothing happens."""
    ipython = sys.modules.get("IPython")
    here = ipython.get_ipython() if shell is None and hasattr(ipython, "get_ipython") else None
    shell = shell or (here if hasattr(here, "kernel") else None)
    if shell is not None and not places.running() and not shell.custom_exceptions:
        shell.set_custom_exc((Exception,), _shown)
        shell.crmlab_slips = True


def uninstall(shell=None) -> None:
    """Show every error as Python does."""
    ipython = sys.modules.get("IPython")
    shell = shell or (ipython.get_ipython() if ipython else None)
    if getattr(shell, "crmlab_slips", False):
        shell.set_custom_exc((), None)
        shell.crmlab_slips = False


def _shown(shell, kind, error, trace, tb_offset=None) -> None:
    """What is shown of an error in a cell."""
    read = not _in_cell(trace, shell.user_ns)
    said = "" if _unattended(shell) else said_of(error, trace, shell.user_ns, set(shell.user_ns_hidden))
    if not said:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset, running_compiled_code=not read)
        return
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace  # what %tb shows
    shell._showtraceback(kind, error, [said, MORE])


def said_of(error: BaseException, trace, names: dict, hidden: set | frozenset = frozenset()) -> str:
    """The sentences for a slip, or nothing where it is none that is known."""
    from crmlab.desk.slips import calls, columns, names as named, reading, where

    if hasattr(error, "_render_traceback_"):  # a CrmlabError speaks for itself
        return ""
    try:
        if isinstance(error, SyntaxError) and not _in_cell(trace, names):
            return reading.syntax_error(error)
        place = where.place(trace, names, hidden)
        if place is None:
            return ""
        answers = ((ImportError, named.import_error), (NameError, named.name_error), (KeyError, columns.key_error),
                   (AttributeError, columns.attribute_error), (Exception, calls.call_error))
        found = (answer(error, place) for known, answer in answers if isinstance(error, known))
        return next(filter(None, found), "")
    except Exception:  # whatever goes wrong here, Python's own words are better than none
        return ""


def _in_cell(trace, names: dict) -> bool:
    while trace is not None and trace.tb_frame.f_globals is not names:
        trace = trace.tb_next
    return trace is not None


def _unattended(shell) -> bool:
    """Whether nobody sits at the keyboard: nbval and papermill say that they cannot be asked anything."""
    return not getattr(getattr(shell, "kernel", None), "_allow_stdin", True)
