"""The canary in alert: test events go the whole way of every other one, and nothing of them reaches or outlives it."""
