"""Bootstrap: builds, wires, starts, drains and stops everything."""
