"""The table of protections: for every fault, what is taken out of the code, and the test that must fail then."""

from . import admission, engine, http, life
from .mutations import Protection

__all__ = ["PROTECTIONS", "Protection"]

PROTECTIONS = (*admission.PROTECTIONS, *engine.PROTECTIONS, *life.PROTECTIONS, *http.PROTECTIONS)
