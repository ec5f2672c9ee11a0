"""Property tests try the same examples on every machine, and no machine is too slow for them."""

from hypothesis import settings

settings.register_profile("crmlab", deadline=None, derandomize=True)
settings.load_profile("crmlab")
