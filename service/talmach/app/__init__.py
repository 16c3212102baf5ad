"""Bootstrap: builds, wires, starts, drains and stops everything."""

from talmach.app.application import Application

__all__ = ["Application"]
