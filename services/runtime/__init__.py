"""How a service runs: settings, clock, logs, metrics, health, broker, topics, dead letters, worker and SQL store.

Entry rule: used by at least two services and knowing nothing of minerals, measures or watchlists.
"""
