"""Who may call, and how much: clients, quotas, the gate, certificates, and files that are watched. Knows no door."""
