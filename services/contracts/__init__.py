"""What travels between the services: records, vocabulary, topics, codec, ids and typed errors.

Imports nothing of ours. The three services agree on these messages and never on each other's code.
"""
