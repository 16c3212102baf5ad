"""How hypothesis searches: the same bounded search everywhere, and `--hypothesis-profile=fuzz` for a long one."""

from hypothesis import HealthCheck, settings

# No deadline: on a loaded machine an example that takes half a second proves nothing.
settings.register_profile("bounded", derandomize=True, deadline=None)
settings.register_profile(
    "fuzz", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("bounded")
