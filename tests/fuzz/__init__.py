"""Inputs that a fuzzer makes up by watching which code they reach."""
